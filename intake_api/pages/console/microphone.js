// Runs beside the page's sound: what the microphone hears, as 16-bit PCM in parts of about a tenth of a second.

/* global AudioWorkletProcessor, registerProcessor, sampleRate */

class Microphone extends AudioWorkletProcessor {
  constructor() {
    super()
    this.part = new Int16Array(Math.round(sampleRate / 10))
    this.length = 0
  }

  process([[samples]]) {
    for (const sample of samples ?? []) {
      this.part[this.length] = Math.max(-1, Math.min(1, sample)) * 32767
      this.length += 1
      if (this.length === this.part.length) {
        this.port.postMessage(this.part.slice().buffer)
        this.length = 0
      }
    }
    return true
  }
}

registerProcessor('microphone', Microphone)
