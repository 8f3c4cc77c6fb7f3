// Sends a mail by SMTP as an application would: send.js PORT KEY FROM.
import { createTransport } from "nodemailer";

const [port, key, from] = process.argv.slice(2);
const transport = createTransport({
  host: "127.0.0.1", port, ignoreTLS: true, pool: true, maxConnections: 2,
  auth: { user: "reports", pass: key },
});
const sent = await Promise.all([1, 2, 3].map((number) => transport.sendMail({
  from: `Nora <${from}>`,
  to: "Jane <jane@example.com>",
  bcc: "hidden@x.example",
  subject: `Grüße ${number}`,
  text: ".\n..\nWell.\n",
  attachments: [{ filename: "größe.bin", content: Buffer.alloc(300_000, number) }],
})));
transport.close();
for (const { response } of sent) console.log(response);
