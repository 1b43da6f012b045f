// The page for the city's IT: how each channel does. Reads /status.json every five seconds.
import { createApp, h, onMounted, onUnmounted, ref } from "/assets/vendor/vue/vue.runtime.esm-browser.prod.js";

const EVERY = 5000;
const MANY = 20; // so many unanswered messages are more than a busy moment

const ERRORS = {
  late: "助手没有及时答复",
  down: "平台没有应答",
  elsewhere: "别的程序也在取消息",
  wait: "平台要求放慢",
  refused: "平台拒绝了一条消息",
  blocked: "市民屏蔽了机器人",
  silenced: "超过 48 小时或 5 条",
  not_following: "市民已取消关注",
  unreadable: "收到读不懂的消息",
  update: "一条消息处理时出错，稍后再试",
};
const BACKLOG = {
  unanswered: "待答复",
  updates: "待处理",
  owed: "待送出",
  waiting_for_contact: "等市民再来",
};
const MODES = { polling: "轮询", webhook: "webhook", plain: "明文", compatible: "兼容", safe: "安全" };
// an error of these kinds is the user's doing, not a fault
const HARMLESS = new Set(["blocked", "silenced", "not_following", "wait"]);

function clock(iso) {
  if (!iso) return "还没有";
  const at = new Date(iso);
  const time = at.toLocaleTimeString("zh-CN", { hour12: false });
  return at.toDateString() === new Date().toDateString() ? time : `${at.getMonth() + 1}月${at.getDate()}日 ${time}`;
}

function ago(iso, now) {
  if (!iso) return "";
  const seconds = Math.max(0, Math.round((now - new Date(iso)) / 1000));
  if (seconds < 60) return `${seconds} 秒前`;
  if (seconds < 3600) return `${Math.round(seconds / 60)} 分钟前`;
  if (seconds < 86400) return `${Math.round(seconds / 3600)} 小时前`;
  return `${Math.round(seconds / 86400)} 天前`;
}

function judged(channel, now) {
  if (channel.poller && !channel.poller.holder) return ["bad", "没有进程在取消息", "一分钟内应有进程接手；没有的话请看入口进程的日志。"];
  const recent = channel.last_error && now - new Date(channel.last_error) < 600000 && !HARMLESS.has(channel.error);
  if (recent && channel.error === "elsewhere") return ["bad", "消息被别处取走", "同一个机器人只能接一个系统：请停掉另一个，或重新运行 yht telegram connect。"];
  if (recent && channel.error === "down") return ["bad", "平台连不上", "请检查到平台的网络，以及令牌和接口地址。"];
  if (channel.backlog.unanswered >= MANY) return ["warn", "有积压", "答复跟不上来的消息：看助手进程和 /readyz。"];
  if (recent) return ["warn", "刚出过错", ""];
  return ["good", "正常", ""];
}

function row(name, value, more) {
  return [h("dt", name), h("dd", [String(value), more ? h("small", more) : null])];
}

function card(channel, now) {
  const [tone, mark, why] = judged(channel, now);
  const rows = [
    row("最近收到", clock(channel.last_in), ago(channel.last_in, now)),
    row("最近送出", clock(channel.last_out), ago(channel.last_out, now)),
    ...Object.entries(channel.backlog).map(([what, count]) => row(BACKLOG[what] || what, count)),
    row("今天出错", `${channel.errors_today} 次`),
  ];
  if (channel.last_error) {
    rows.push(row("最近的错", ERRORS[channel.error] || channel.error, ago(channel.last_error, now)));
  }
  if (channel.poller) {
    rows.push(row("取消息的进程", channel.poller.holder || "没有", ago(channel.poller.polled_at, now)));
  }
  return h("section", { class: "channel", key: channel.channel, "data-channel": channel.channel }, [
    h("h2", [
      h("span", [channel.name, channel.mode ? h("small", MODES[channel.mode] || channel.mode) : null]),
      h("span", { class: ["mark", tone] }, mark),
    ]),
    h("dl", rows),
    why ? h("p", { class: "why" }, why) : null,
  ]);
}

const App = {
  setup() {
    const report = ref(null);
    const refused = ref("");
    const failed = ref(false);
    let timer = 0;

    async function look() {
      try {
        const answer = await fetch("/status.json", { signal: AbortSignal.timeout(8000) });
        const body = await answer.json();
        if (answer.ok) {
          report.value = body;
          refused.value = "";
          failed.value = false;
        } else if (answer.status === 403) {
          refused.value = body.detail;
        } else {
          failed.value = true;
        }
      } catch {
        failed.value = true;
      }
      timer = setTimeout(look, EVERY);
    }
    onMounted(look);
    onUnmounted(() => clearTimeout(timer));

    return () => {
      if (refused.value) {
        return h("div", { class: "refused" }, [h("p", refused.value), h("p", h("a", { href: "/desk" }, "去工作台登录"))]);
      }
      if (!report.value) {
        return h("p", { class: "starting" }, failed.value ? "读不到渠道状态，稍后自动再试。" : "正在读取渠道状态…");
      }
      const { at, channels, off } = report.value;
      const now = new Date(at);
      return h("div", { class: "page" }, [
        h("header", [
          h("h1", "渠道状态"),
          failed.value
            ? h("p", { class: "stale" }, `读不到新的状态，下面是 ${clock(at)} 的`)
            : h("p", `${clock(at)}，每 5 秒更新，所有进程合计`),
        ]),
        h("div", { class: "channels" }, channels.map((channel) => card(channel, now))),
        off.length ? h("p", { class: "off" }, `没有开通：${off.map((each) => each.name).join("、")}`) : null,
      ]);
    };
  },
};

createApp(App).mount("#app");
