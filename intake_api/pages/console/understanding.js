// What the resident's words say about the case: asked of the assistant, with the words that each thing came from.

import { ask } from '../desk/api.js'

// said to us, not about the matter
const ASIDE =
  /^(?:.{0,5}人工.{0,4}|你?您?好(?:啊|呀)?|在吗|好的?|嗯+|对(?:的)?|是的?|谢谢.{0,4}|没有了?|不用了?|取消|.{0,4}快点.{0,2})[。！!~，,\s]*$/
const ONLY_A_NUMBER = /^\D{0,12}[\d*][\d* -]{6,}\D{0,4}$/

/** The resident's lines that speak of the matter. */
export const matter = (entries) =>
  entries.filter(
    ({ role, text }) => role === 'resident' && text?.trim() && !ASIDE.test(text.trim()) && !ONLY_A_NUMBER.test(text),
  )

/** Lines as one text, and where each begins: a span of the text is found again in its line. */
export function joined(lines) {
  let text = ''
  const places = lines.map((line) => {
    const start = [...text].length
    text += `${line.text}\n`
    return { id: line.id, start, end: start + [...line.text].length }
  })
  return { text: text.trimEnd(), places }
}

/** The words between two code points of a joined text: `{id, text}` of the line they stand in. */
function source({ text, places }, start, end) {
  const line = places.find((place) => start >= place.start && start < place.end)
  return line ? { id: line.id, text: [...text].slice(start, Math.min(end, line.end)).join('') } : null
}

/**
 * What a conversation says: fields by name, each `{value, sure, from}`; `sure` is 0 … 1, `from` the words it came from.
 * Empty when nothing is to be seen yet. Raises ApiProblem.
 */
export async function understand(entries, signal) {
  const lines = matter(entries)
  const found = {}
  const all = joined(lines)
  const asked = all.text ? await ask('POST', '/nlu/parse', { body: { text: all.text }, signal, background: true }) : null
  if (lines.length) {
    found.description = {
      value: lines.map(({ text }) => text.trim()).join('\n'),
      sure: 1,
      from: lines.map(({ id, text }) => ({ id, text })),
    }
  }
  const [first] = asked?.categories ?? []
  if (first) {
    const part = asked.problems?.[0]
    // the words that speak of the matter most: with a place in them, else the longest
    const named = asked.locations[0] ? source(all, asked.locations[0].start, asked.locations[0].end)?.id : null
    const longest =
      lines.find(({ id }) => id === named) ?? [...lines].sort((a, b) => b.text.length - a.text.length)[0]
    found.category = {
      value: first.code,
      sure: first.confidence,
      from: [part ? source(all, part.start, part.end) : { id: longest.id, text: longest.text }].filter(Boolean),
    }
  }
  const pin = [...entries].reverse().find(({ role, location }) => role === 'resident' && location)
  const mentions = asked?.locations ?? []
  if (mentions.length || pin) {
    const words = [...new Set(mentions.map(({ text }) => text))].join('')
    found.place = {
      value: { text: words || pin?.location.label || '', lat: pin?.location.lat ?? null, lng: pin?.location.lng ?? null },
      sure: 1,
      from: [
        ...mentions.map(({ start, end }) => source(all, start, end)),
        ...(pin ? [{ id: pin.id, text: '发来的位置' }] : []),
      ].filter(Boolean),
    }
  }
  const gave = [...entries].reverse().find(({ role, phone }) => role === 'resident' && phone)
  if (gave) found.phone = { value: gave.phone, seq: gave.seq, sure: 1, from: [{ id: gave.id, text: gave.phone }] }
  return { found, candidates: asked?.categories ?? [], act: asked?.act ?? '', problems: asked?.problems ?? [] }
}
