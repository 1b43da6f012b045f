// The grid of 万米单元, as intake_api/domain/grid.py defines it: from a cell's code to its edges.

const HEIGHT = 0.0009
const ALPHABET = '23456789ABCDEFGHJKLMNPQRSTUVWXYZ'

function read(letters) {
  let number = 0
  for (const letter of letters) {
    const digit = ALPHABET.indexOf(letter)
    if (digit < 0) return NaN
    number = number * 32 + digit
  }
  return number
}

/** South-west and north-east corner of a cell as `[[lat, lng], [lat, lng]]` in WGS84 degrees, or null for no code. */
export function cellBounds(code) {
  const match = /^(\w{4})-(\w{4})$/.exec(code ?? '')
  if (!match) return null
  const row = read(match[1])
  const column = read(match[2])
  if (Number.isNaN(row) || Number.isNaN(column)) return null
  const band = Math.floor(row * HEIGHT - 90) + 0.5
  const width = HEIGHT / Math.cos((band * Math.PI) / 180)
  const south = row * HEIGHT - 90
  const west = column * width - 180
  return [
    [south, west],
    [south + HEIGHT, west + width],
  ]
}
