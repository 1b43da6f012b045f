// What the operator hears: browsers allow it once a hand has touched the page. The page shows everything as well.

let sound = null

function play(notes, loudness) {
  try {
    sound ??= new AudioContext()
    for (const [at, pitch] of notes) {
      const tone = sound.createOscillator()
      const volume = sound.createGain()
      volume.gain.value = loudness
      tone.frequency.value = pitch
      tone.connect(volume).connect(sound.destination)
      tone.start(sound.currentTime + at)
      tone.stop(sound.currentTime + at + 0.16)
    }
  } catch {
    // no sound here
  }
}

/** Somebody may be in danger. */
export const ring = () => play([[0, 880], [0.22, 660]], 0.08)

/** A call rings, or somebody waits. */
export const ringSoftly = () => play([[0, 523]], 0.05)
