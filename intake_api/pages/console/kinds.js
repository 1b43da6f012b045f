// The kinds of conversations in the list. A kind says how its items are called and where its service lies; everything
// else (list, transcript, form, side) is the same for all.

import { CHANNELS } from '../desk/labels.js'

/** By the part of an item's id before the colon. `base` is where the actions of an item lie. */
export const KINDS = {
  chat: {
    label: '对话',
    base: (number) => `/channels/console/chats/${number}`,
    take: 'take',
    photo: (number, file) => `/channels/console/chats/${number}/attachments/${encodeURIComponent(file.id)}`,
  },
  call: {
    label: '电话',
    base: (number) => `/channels/hotline/calls/${number}`,
    take: 'steps/take',
    // spoken, and its form is kept and filled by the service
    spoken: true,
  },
}

export const split = (id) => {
  const [kind, number] = String(id ?? '').split(':')
  return { kind, number }
}

export const kindOf = (id) => KINDS[split(id).kind]
export const isCall = (id) => Boolean(kindOf(id)?.spoken)
export const addressOf = (id) => kindOf(id).base(split(id).number)

export const channelOf = (code) => CHANNELS.find((channel) => channel.code === code) ?? { label: code, icon: 'globe' }

const REASONS = { asked: '要人工', not_understood: '没听懂', emergency: '可能有危险', call: '来电' }
export const reasonLabel = (reason) => REASONS[reason] ?? reason

const OUTCOMES = {
  given_back: '已交回助手',
  closed: '已结束',
  called_back: '已回电',
  cancelled: '居民不等了',
  silent: '长时间无人说话',
  abandoned: '没等到接听',
}
export const outcomeLabel = (outcome) => OUTCOMES[outcome] ?? '已结束'

const DANGERS = {
  fire: '火情',
  gas: '燃气或毒气',
  collapse: '倒塌',
  crime: '治安',
  injury: '有人受伤或被困',
  electric: '触电',
}
export const dangerLabel = (kind) => DANGERS[kind] ?? '危险'
