// The server that a provider recommends follows the choice, until another was typed.
const provider = document.getElementById("provider");

provider?.addEventListener("change", () => {
  const { recommended } = provider.closest("[data-recommended]").dataset;
  const hosts = JSON.parse(recommended);
  const host = document.getElementById("host");
  if (Object.values(hosts).includes(host.value)) host.value = hosts[provider.value];
});
