// The case form of a call: kept by the telephone's service, which fills it while the caller speaks. What the operator
// writes goes there field by field; the service never overwrites it.

/** How a field is kept here and there. `read` makes ours of theirs, `write` theirs of ours. */
const TEXT = { read: (value) => value ?? '', write: (value) => value.trim() }
const SHAPES = {
  description: TEXT,
  wish: TEXT,
  name: TEXT,
  phone: TEXT,
  category: { read: (value) => value?.code ?? '', write: (value, name) => ({ code: value, name: name ?? '' }) },
  place: {
    read: (value) => ({
      text: value?.text ?? '',
      lat: value?.pinned ? value.lat : null,
      lng: value?.pinned ? value.lng : null,
    }),
    write: ({ text, lat, lng }) => ({ text: text.trim(), lat, lng, pinned: lat !== null }),
  },
  confidential: { read: Boolean, write: Boolean },
}

export const DRAFTED = Object.keys(SHAPES)

/** The words of the transcript that a field came from: `{id, text}` of each line. */
function sources(words, entries) {
  return (words ?? []).flatMap(({ utterance, start, end }) => {
    const line = entries.find(({ id }) => id === `u${utterance}`)
    const text = line ? [...line.text].slice(start, end).join('') : ''
    return text ? [{ id: line.id, text }] : []
  })
}

/** The fields of a draft as the form has them: `{value, hand, sure, from}` by name. */
export function fieldsOf(draft, entries) {
  return Object.fromEntries(
    DRAFTED.map((name) => {
      const field = draft.fields[name]
      const value = SHAPES[name].read(field?.value)
      const from = sources(field?.words, entries)
      return [name, { value, hand: field?.by === 'operator', by: field?.by ?? '', sure: field?.confidence ?? 1, from }]
    }),
  )
}

/** What is sent for a field; null, which gives it back to the service, when nothing is left in it. */
export function sent(name, value, label) {
  if (name === 'category' && !value) return null
  return SHAPES[name].write(value, label)
}
