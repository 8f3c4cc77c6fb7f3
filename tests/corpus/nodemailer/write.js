// Writes mails as nodemailer does, one JSON line each: its name, and its bytes in base64.
import { createTransport } from "nodemailer";

const from = "Nora Mailer <from@corpus.example>";
const to = "Jane <jane@example.com>";
const png = Buffer.from("89504e470d0a1a0a0000000d49484452", "hex");
const lorem = "Lorem ipsum dolor sit amet, consectetur adipiscing elit. ".repeat(40);

const mails = {
  "text": { text: "Well.\n" },
  "html and text": { text: "Grüße\n", html: "<p>Grüße</p>" },
  "pictures": {
    html: '<p><img src="cid:logo@x.example"><img src="cid:odd%24%25id"></p>',
    attachments: [
      { filename: "logo.png", content: png, cid: "logo@x.example" },
      { filename: "odd.png", content: png, cid: "odd$%id" },
    ],
  },
  "files with odd names": {
    text: "See the files.",
    attachments: [
      { filename: "Grüße aus Köln – ein sehr langer Name, der nicht auf eine Zeile passt.txt",
        content: "a" },
      { filename: "日本語のファイル名.pdf", content: png },
      { filename: 'quoted "name".txt', content: "b" },
      { filename: "rocket 🚀.bin", content: png },
      { filename: "empty.bin", content: Buffer.alloc(0) },
    ],
  },
  "an invitation": {
    text: "Please come.",
    html: "<p>Please come.</p>",
    icalEvent: {
      method: "REQUEST",
      content: "BEGIN:VCALENDAR\r\nMETHOD:REQUEST\r\nEND:VCALENDAR\r\n",
    },
  },
  "amp": {
    text: "Plain.",
    html: "<p>HTML.</p>",
    amp: "<!doctype html><html amp4email><body>AMP.</body></html>",
    watchHtml: "<b>Watch.</b>",
  },
  "a newsletter": {
    text: lorem,
    replyTo: "Answers <answers@example.com>",
    list: {
      unsubscribe: [["https://x.example/u?a=1", "mailto:u@x.example"]],
      id: { url: "news.x.example", comment: "News" },
      help: "help@x.example?subject=help",
    },
    headers: { "X-Campaign": "größer", "List-Unsubscribe-Post": "List-Unsubscribe=One-Click" },
  },
  "an answer": {
    text: "Yes.",
    inReplyTo: "<first@x.example>",
    references: Array.from({ length: 30 }, (_, n) => `<reference-number-${n}@x.example>`),
    priority: "high",
  },
  "many people": {
    text: "All of you.",
    to: ["Jürgen Groß <juergen@bücher.example>", '"Doe, Jane" <jane@example.com>',
      "Team: a@x.example, B <b@x.example>;"],
    cc: "c@x.example",
    bcc: "hidden@x.example",
  },
  "a forwarded mail": {
    text: "See below.",
    attachments: [{
      contentType: "message/rfc822", filename: "forwarded.eml",
      content: "From: a@x.example\r\nSubject: Inner\r\n\r\nInner text.\r\n",
    }],
  },
  "quoted-printable": { text: `Ünïcödé = ${lorem}\n.\nFrom here on\n`,
    textEncoding: "quoted-printable" },
  "base64": { html: `<p>Ünïcödé ${lorem}</p>`, encoding: "base64" },
  "a long subject": { text: "Well.", subject: `Größe ${lorem}`.trim() },
};

const transport = createTransport({ streamTransport: true, buffer: true, newline: "windows" });
for (const [name, mail] of Object.entries(mails)) {
  const id = `<${name.replaceAll(" ", "-")}@nodemailer.corpus.example>`;
  const sent = await transport.sendMail({ from, to, subject: name, messageId: id, ...mail });
  console.log(JSON.stringify({ name, raw: sent.message.toString("base64") }));
}
