// The one place that knows where Vue lies: the runtime build, which needs no eval.
export {
  Teleport,
  computed,
  createApp,
  h,
  nextTick,
  onBeforeUnmount,
  onMounted,
  reactive,
  ref,
  shallowReactive,
  shallowRef,
  watch,
  watchEffect,
} from '/assets/vendor/vue/vue.runtime.esm-browser.prod.js'
