// Case numbers as they are read, spoken and typed: in groups of three.

/** `483920175` → `483 920 175` (groups from the left, the way a number is read out). */
export function grouped(number) {
  return String(number ?? '').replace(/(\d{3})(?=\d)/g, '$1 ')
}

/** Digits of a number as typed (spaces, dashes, full width), or null when it cannot be a whole case number. */
export function typedNumber(text) {
  const digits = String(text ?? '')
    .normalize('NFKC')
    .replace(/[\s\-–—·.,，]/g, '')
  return /^\d{9,12}$/.test(digits) ? digits : null
}
