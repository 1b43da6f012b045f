// Photos and recordings of a case.

import { h, ref } from './vue.js'
import { icon } from './icons.js'
import { Sheet, iconButton } from './controls.js'

const address = (file) => `/api/v1/attachments/${encodeURIComponent(file.attachment_id)}`
// browsers have no player for what telephones and WeChat record
const PLAYABLE = /^audio\/(?!amr)/

function size(bytes) {
  if (!bytes) return ''
  return bytes < 1_000_000 ? `${Math.max(1, Math.round(bytes / 1000))} KB` : `${(bytes / 1_000_000).toFixed(1)} MB`
}

export const Attachments = {
  props: { files: Array },
  setup(props) {
    const shown = ref(null)
    const lost = ref(new Set())
    const images = () => props.files.filter((file) => file.media_type?.startsWith('image/'))
    const others = () => props.files.filter((file) => !file.media_type?.startsWith('image/'))
    const step = (by) => {
      shown.value = (shown.value + by + images().length) % images().length
    }
    return () =>
      h('div', { class: 'attachments' }, [
        images().length
          ? h(
              'ul',
              { class: 'thumbs' },
              images().map((file, i) =>
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
                            shown.value = i
                          },
                        },
                        h('img', {
                          src: address(file),
                          alt: `照片 ${i + 1}`,
                          loading: 'lazy',
                          onError: () => {
                            lost.value = new Set([...lost.value, file.attachment_id])
                          },
                        }),
                      ),
                ),
              ),
            )
          : null,
        ...others().map((file) =>
          h(
            'div',
            { key: file.attachment_id, class: 'file' },
            PLAYABLE.test(file.media_type ?? '')
              ? h('audio', { controls: true, preload: 'none', src: address(file) })
              : [
                  icon('clip'),
                  h(
                    'a',
                    { href: address(file), download: '' },
                    file.media_type?.startsWith('audio/') ? '下载录音' : '下载附件',
                  ),
                  h('span', { class: 'quiet' }, [file.media_type, size(file.size)].filter(Boolean).join(' · ')),
                ],
          ),
        ),
        shown.value === null
          ? null
          : h(
              Sheet,
              {
                title: `照片 ${shown.value + 1} / ${images().length}`,
                wide: true,
                onClose: () => {
                  shown.value = null
                },
              },
              () =>
                h(
                  'div',
                  {
                    class: 'photo',
                    onKeydown: (event) => {
                      if (event.key === 'ArrowRight') step(1)
                      if (event.key === 'ArrowLeft') step(-1)
                    },
                  },
                  [
                    h('img', { src: address(images()[shown.value]), alt: `照片 ${shown.value + 1}` }),
                    images().length > 1
                      ? h('div', { class: 'photo-steps' }, [
                          iconButton('back', '上一张', () => step(-1)),
                          iconButton('next', '下一张', () => step(1)),
                        ])
                      : null,
                  ],
                ),
            ),
      ])
  },
}
