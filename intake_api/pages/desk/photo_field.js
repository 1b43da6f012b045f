// Photos to be sent along: chosen, taken, dropped or pasted; each with its preview, how far it is, and another try.

import { h, onBeforeUnmount, reactive, ref } from './vue.js'
import { isAbort, upload } from './api.js'
import { icon } from './icons.js'
import { button, iconButton } from './controls.js'

const MOST = 20

/**
 * `photos`: a reactive list of `{key, name, preview, id, done, problem}`, kept by the caller so that it outlives the
 * field; `id` is there once the photo has arrived.
 */
export const PhotoField = {
  props: { label: String, hint: String, photos: Array, problem: String },
  setup(props) {
    const picker = ref(null)
    const camera = ref(null)
    const over = ref(false)
    const full = ref(false)
    let shown = true
    onBeforeUnmount(() => {
      shown = false
    })

    async function send(photo) {
      Object.assign(photo, { problem: '', done: 0 })
      try {
        const answer = await upload(photo.file, {
          onProgress: (part) => {
            photo.done = part
          },
        })
        photo.id = answer.attachment_id
      } catch (error) {
        if (!isAbort(error)) photo.problem = error.detail
      }
    }
    function add(files) {
      const images = [...files].filter((file) => file.type.startsWith('image/'))
      full.value = props.photos.length + images.length > MOST
      for (const file of images.slice(0, MOST - props.photos.length)) {
        const photo = reactive({
          key: crypto.randomUUID?.() ?? `${Date.now()}-${Math.random()}`,
          file,
          name: file.name,
          preview: URL.createObjectURL(file),
          id: '',
          done: 0,
          problem: '',
        })
        props.photos.push(photo)
        send(photo)
      }
    }
    function remove(photo) {
      URL.revokeObjectURL(photo.preview)
      props.photos.splice(props.photos.indexOf(photo), 1)
      full.value = false
    }
    const chosen = (event) => {
      add(event.target.files)
      event.target.value = ''
    }
    // a picture in the clipboard belongs here wherever in the sheet it is pasted
    const pasted = (event) => {
      if (shown && document.querySelector('dialog.act')?.contains(event.target)) add(event.clipboardData?.files ?? [])
    }
    window.addEventListener('paste', pasted)
    onBeforeUnmount(() => window.removeEventListener('paste', pasted))

    const preview = (photo) =>
      h('li', { key: photo.key, class: ['upload', { bad: photo.problem, done: photo.id }] }, [
        h('img', { src: photo.preview, alt: photo.name }),
        photo.id || photo.problem
          ? null
          : h('progress', { max: 1, value: photo.done, 'aria-label': `正在上传 ${photo.name}` }),
        photo.problem
          ? h('div', { class: 'upload-problem', role: 'alert' }, [
              h('span', null, photo.problem),
              button('重试', { look: 'quiet', onClick: () => send(photo) }),
            ])
          : null,
        iconButton('close', `去掉 ${photo.name}`, () => remove(photo), { class: 'upload-remove' }),
      ])

    const chooser = (element, capture) =>
      h('input', {
        ref: element,
        type: 'file',
        // telephones turn their own formats into one of these
        accept: 'image/jpeg,image/png,image/webp',
        multiple: !capture,
        capture: capture ? 'environment' : undefined,
        class: 'hidden',
        tabindex: -1,
        'aria-label': capture ? '拍照' : `选择${props.label}`,
        onChange: chosen,
      })

    return () =>
      h('div', { class: ['field', { wrong: props.problem }] }, [
        h('span', { class: 'field-label' }, props.label),
        h(
          'div',
          {
            class: ['uploads', { over: over.value }],
            onDragover: (event) => {
              event.preventDefault()
              over.value = true
            },
            onDragleave: () => {
              over.value = false
            },
            onDrop: (event) => {
              event.preventDefault()
              over.value = false
              add(event.dataTransfer.files)
            },
          },
          [
            props.photos.length ? h('ul', null, props.photos.map(preview)) : null,
            chooser(picker, false),
            chooser(camera, true),
            h('div', { class: 'upload-do' }, [
              button('拍照', { class: 'take-photo', glyph: 'camera', onClick: () => camera.value.click() }),
              button('选照片', { glyph: 'plus', onClick: () => picker.value.click() }),
              h('span', { class: 'quiet drop-hint' }, '或拖到这里、直接粘贴'),
            ]),
          ],
        ),
        full.value ? h('p', { class: 'field-note bad', role: 'alert' }, `最多 ${MOST} 张。`) : null,
        props.problem
          ? h('p', { class: 'field-note bad', role: 'alert' }, [icon('alert', { size: 13 }), props.problem])
          : props.hint
            ? h('p', { class: 'field-note' }, props.hint)
            : null,
      ])
  },
}
