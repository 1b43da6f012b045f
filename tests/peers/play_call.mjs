// Plays a file of raw 8 kHz PCM as one leg of a call: node play_call.mjs PORT UUID FILE
import { readFileSync } from "node:fs";
import { connect } from "node:net";
import { AudioSocketConnection } from "./asterisk-audiosocket/dist/connection.js";
import { FrameType, encodeFrame } from "./asterisk-audiosocket/dist/frame.js";

const [port, uuid, file] = process.argv.slice(2);
const socket = connect(Number(port), "127.0.0.1", async () => {
  socket.write(encodeFrame(FrameType.UUID, Buffer.from(uuid.replaceAll("-", ""), "hex")));
  const call = new AudioSocketConnection(socket);
  call.on("error", () => {});
  await call.play(readFileSync(file));
  call.hangup();
});
