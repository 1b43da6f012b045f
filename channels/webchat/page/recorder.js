// Voice messages: the microphone, at most a minute.

const LONGEST_SECONDS = 60;
const FORMATS = ["audio/webm;codecs=opus", "audio/mp4", "audio/ogg;codecs=opus"];

/** Whether this browser can record here (it cannot on plain http). */
export const canRecord = () => Boolean(navigator.mediaDevices && navigator.mediaDevices.getUserMedia && window.MediaRecorder);

/** One recording. `ticked(seconds)` is called four times a second, `full()` when the minute is over. */
export class Recording {
  constructor({ ticked, full }) {
    Object.assign(this, { ticked, full });
    this.pieces = [];
  }

  /** Ask for the microphone and begin. Rejects when the resident or the device refuses. */
  async start() {
    this.stream = await navigator.mediaDevices.getUserMedia({ audio: { echoCancellation: true, noiseSuppression: true } });
    if (this.dropped) {
      this.release();
      return;
    }
    const mimeType = FORMATS.find((format) => MediaRecorder.isTypeSupported(format));
    this.recorder = new MediaRecorder(this.stream, mimeType ? { mimeType, audioBitsPerSecond: 32000 } : {});
    this.recorder.ondataavailable = (event) => event.data.size && this.pieces.push(event.data);
    this.recorder.start(1000);
    this.began = performance.now();
    this.timer = setInterval(() => {
      this.ticked(this.seconds);
      if (this.seconds >= LONGEST_SECONDS) this.full();
    }, 250);
  }

  get seconds() {
    return this.began ? (performance.now() - this.began) / 1000 : 0;
  }

  /** End it. Gives `{blob, name}`, or null when there is nothing worth sending (under half a second). */
  async finish() {
    const long = this.seconds;
    if (!this.recorder || this.recorder.state === "inactive") {
      this.drop();
      return null;
    }
    clearInterval(this.timer);
    await new Promise((done) => { this.recorder.onstop = done; this.recorder.stop(); });
    this.release();
    if (long < 0.5 || !this.pieces.length) return null;
    const type = (this.recorder.mimeType || this.pieces[0].type || "audio/webm").split(";")[0];
    const ending = { "audio/mp4": "m4a", "audio/ogg": "ogg" }[type] || "webm";
    return { blob: new Blob(this.pieces, { type }), name: `voice.${ending}` };
  }

  /** Throw it away. */
  drop() {
    this.dropped = true;
    clearInterval(this.timer);
    if (this.recorder && this.recorder.state !== "inactive") {
      this.recorder.onstop = null;
      this.recorder.stop();
    }
    this.release();
  }

  release() {
    if (this.stream) for (const track of this.stream.getTracks()) track.stop();
  }
}
