// Lets the public validator `sns-validator` judge notifications of SNS.
//
// Reads JSON lines {pem, message, expect} from standard input: a certificate, the body of a call, and
// whether it is genuine. Exits with 1 at the first one of which the validator says otherwise; prints how
// many were judged. The certificate is handed over where the validator would fetch it: nothing leaves
// this machine.
const https = require("https");
const { EventEmitter } = require("events");
const readline = require("readline");
const { createRequire } = require("module");

const library = createRequire(`${process.env.POMBO_TEST_NODE_MODULES}/here.js`);
const MessageValidator = library("sns-validator");

let pem = "";
https.get = (_address, answered) => {
  const response = new EventEmitter();
  response.statusCode = 200;
  process.nextTick(() => {
    answered(response);
    response.emit("data", Buffer.from(pem));
    response.emit("end");
  });
  return new EventEmitter();
};

function judge(message) {
  // A validator of its own for each: it keeps certificates.
  return new Promise((resolve) => {
    new MessageValidator().validate(message, (error) => resolve(error ? error.message : null));
  });
}

async function main() {
  let count = 0;
  for await (const line of readline.createInterface({ input: process.stdin })) {
    const { pem: certificate, message, expect } = JSON.parse(line);
    // The library caches by address, so each case has one of its own.
    const address = message.SigningCertURL.replace(".pem", `-${count}.pem`);
    pem = certificate;
    const refused = await judge({ ...message, SigningCertURL: address });
    count += 1;
    if ((refused === null) !== expect) {
      console.error(`case ${count}: expected ${expect}, the library says ${refused ?? "genuine"}`);
      process.exit(1);
    }
  }
  console.log(count);
}

main();
