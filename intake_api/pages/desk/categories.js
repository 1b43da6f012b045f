// The categories as something to choose from.

import { CATEGORY_KINDS } from './labels.js'
import { reference } from './reference.js'

export const categoryOptions = () =>
  reference.categories.map(({ code, name, kind, division, typical_words: words }) => ({
    value: code,
    label: name,
    note: [code, CATEGORY_KINDS[kind], division].filter(Boolean).join(' · '),
    // people think of 臭味 and not of 暴露垃圾
    words: words.join(' '),
  }))
