// Photos and recordings of a case; what the reporter saw beside what the department left.

import { h, ref } from './vue.js'
import { icon } from './icons.js'
import { shortTime } from './clock.js'
import { PhotoViewer, photoAddress } from './photo_viewer.js'

// browsers have no player for what telephones and WeChat record
const PLAYABLE = /^audio\/(?!amr)/
const isImage = (file) => file.media_type?.startsWith('image/')

function size(bytes) {
  if (!bytes) return ''
  return bytes < 1_000_000 ? `${Math.max(1, Math.round(bytes / 1000))} KB` : `${(bytes / 1_000_000).toFixed(1)} MB`
}

const sound = (file) =>
  h(
    'div',
    { key: file.attachment_id, class: 'file' },
    PLAYABLE.test(file.media_type ?? '')
      ? h('audio', { controls: true, preload: 'none', src: photoAddress(file) })
      : [
          icon('clip'),
          h(
            'a',
            { href: photoAddress(file), download: '' },
            file.media_type?.startsWith('audio/') ? '下载录音' : '下载附件',
          ),
          h('span', { class: 'quiet' }, [file.media_type, size(file.size)].filter(Boolean).join(' · ')),
        ],
  )

/** `groups`: `{title, files}`; a group without photos is not shown. One group has no heading. */
export const Attachments = {
  props: { groups: Array },
  setup(props) {
    const shown = ref(null)
    const lost = ref(new Set())
    const photos = () =>
      props.groups
        .map(({ title, files }) => ({ title, files: files.filter(isImage) }))
        .filter(({ files }) => files.length)
    const thumb = (file, i, group) =>
      h(
        'li',
        { key: file.attachment_id },
        lost.value.has(file.attachment_id)
          ? h('span', { class: 'thumb gone' }, '图片读不到')
          : h(
              'button',
              {
                type: 'button',
                class: 'thumb',
                title: '看大图',
                onClick: () => {
                  shown.value = { group, file: i }
                },
              },
              h('img', {
                src: photoAddress(file),
                alt: `照片 ${i + 1}`,
                loading: 'lazy',
                onError: () => {
                  lost.value = new Set([...lost.value, file.attachment_id])
                },
              }),
            ),
      )
    return () => {
      const groups = photos()
      const sounds = props.groups.flatMap(({ files }) => files.filter((file) => !isImage(file)))
      return h('div', { class: 'attachments' }, [
        h(
          'div',
          { class: ['evidence', { beside: groups.length > 1 }] },
          groups.map(({ title, files }, group) =>
            h('section', { key: title }, [
              groups.length > 1
                ? h('h4', null, [title, files[0].at ? h('time', { class: 'quiet' }, shortTime(files[0].at)) : null])
                : null,
              h(
                'ul',
                { class: 'thumbs' },
                files.map((file, i) => thumb(file, i, group)),
              ),
            ]),
          ),
        ),
        ...sounds.map(sound),
        shown.value
          ? h(PhotoViewer, {
              groups,
              start: shown.value,
              onClose: () => {
                shown.value = null
              },
            })
          : null,
      ])
    }
  },
}

const AFTER = new Set(['reported_done', 'assist_reported'])

/** Photos and recordings of a case, by whose they are: the reporter's, the department's, the inspector's. */
export function evidence(item, events) {
  const of = (kinds) =>
    (events ?? [])
      .filter(({ kind }) => kinds.has(kind))
      .flatMap(({ at, attachments }) => (attachments ?? []).map((file) => ({ ...file, at })))
  const before = (item.attachments ?? []).map((file) => ({ ...file, at: item.received_at }))
  return [
    { title: '处置前', files: [...before, ...of(new Set(['supplemented']))] },
    // the last report is what is to be verified
    { title: '处置后', files: of(AFTER).reverse() },
    { title: '现场核查', files: of(new Set(['check_reported'])) },
  ].filter(({ files }) => files.length)
}
