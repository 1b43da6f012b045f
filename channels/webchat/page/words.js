// Words and formats that residents read in more than one place.

// What stands on cards for residents who do not write simplified Chinese; the gateway names the language on the card.
const IN_OTHER_WORDS = {
  "zh-Hant": {
    案件编号: "案件編號", 案件: "案件", 已复制: "已複製", 请手抄编号: "請手抄編號", 复制: "複製", 事项: "事項", 地点: "地點", 内容: "內容",
    承办: "承辦", 正在确定: "正在確定", 时限: "時限", 请您核对: "請您核對", 还没有提交: "還沒有提交", 城市管理问题: "城市管理問題", 附件: "附件",
    未说明: "未說明", 电话: "電話", 待受理: "待受理", 已立案: "已立案", 已派遣: "已派遣", 处置中: "處置中", 重新派遣中: "重新派遣中", 挂账: "掛賬",
    已反馈: "已反饋", 已结案: "已結案", 不予受理: "不予受理", 已并案: "已併案", 已撤诉: "已撤訴", 精确位置: "精確位置", 到路段: "到路段",
    到小区: "到小區", 到街镇: "到街鎮", 不在本区范围: "不在本區範圍", 只有文字描述: "只有文字描述",
  },
  en: {
    案件编号: "Case number", 案件: "Case", 已复制: "Copied", 请手抄编号: "Please write it down", 复制: "Copy", 事项: "Type", 地点: "Place",
    内容: "Problem", 承办: "Handled by", 正在确定: "to be decided", 时限: "Due", 请您核对: "Please check", 还没有提交: "Not submitted yet",
    城市管理问题: "City problem", 附件: "Attachments", 未说明: "not stated", 电话: "Phone", 待受理: "Received", 已立案: "Accepted",
    已派遣: "Sent out", 处置中: "In progress", 重新派遣中: "Being sent again", 挂账: "On hold", 已反馈: "Done, being checked", 已结案: "Closed",
    不予受理: "Not accepted", 已并案: "Joined", 已撤诉: "Withdrawn", 精确位置: "exact position", 到路段: "road found", 到小区: "estate found",
    到街镇: "town found", 不在本区范围: "outside the district", 只有文字描述: "in words only",
  },
};

/** A card's own words in its language; what has no other form is Chinese. */
export const wordsFor = (card) => (said) => (IN_OTHER_WORDS[card.language] || {})[said] || said;

/** The states of a case. */
export const STATUS = {
  received: "待受理", filed: "已立案", dispatched: "已派遣", accepted: "处置中", returned: "重新派遣中", suspended: "挂账",
  reported_done: "已反馈", closed: "已结案", rejected: "不予受理", merged: "已并案", withdrawn: "已撤诉",
};

/** Which states are still being worked on, done well, or ended otherwise: the colour of the label, never alone. */
export const STATUS_TONE = {
  received: "open", filed: "open", dispatched: "open", accepted: "open", returned: "open", suspended: "rest",
  reported_done: "done", closed: "done", rejected: "rest", merged: "rest", withdrawn: "rest",
};

/** How exactly a place is known. */
export const PRECISION = {
  point: "精确位置", road: "到路段", estate: "到小区", town: "到街镇", outside: "不在本区范围", none: "只有文字描述",
};

/** A case number in groups of three: 483920175 → 483 920 175. */
export const grouped = (number) => String(number).replace(/(.{3})(?=.)/g, "$1 ");

/** The name in a string or in `{name}`; "" when there is none. */
export const nameOf = (thing) => (thing && typeof thing === "object" ? thing.name : thing) || "";

const two = (n) => String(n).padStart(2, "0");
// All of China keeps one time; a phone that is set to another zone must not move a deadline.
const CHINA = 8 * 3600 * 1000;
/** A moment whose UTC fields read as the time in China. */
const inChina = (at) => new Date(new Date(at).getTime() + CHINA);
const clock = (d) => `${two(d.getUTCHours())}:${two(d.getUTCMinutes())}`;
const DAYS = ["周日", "周一", "周二", "周三", "周四", "周五", "周六"];

/** When something was said, the way WeChat shows it. */
export function spokenTime(at, now = new Date()) {
  const d = inChina(at);
  if (Number.isNaN(d.getTime())) return "";
  const today = inChina(now);
  const day = (x) => Math.floor(x.getTime() / 86400000);
  const days = day(today) - day(d);
  if (days === 0) return clock(d);
  if (days === 1) return `昨天 ${clock(d)}`;
  if (days > 1 && days < 7) return `${DAYS[d.getUTCDay()]} ${clock(d)}`;
  const date = `${d.getUTCMonth() + 1}月${d.getUTCDate()}日 ${clock(d)}`;
  return d.getUTCFullYear() === today.getUTCFullYear() ? date : `${d.getUTCFullYear()}年${date}`;
}

/** When something is due: 11月29日（周日）17:30前; in the language of a card. */
export function dueTime(at, language = "zh-Hans") {
  const d = inChina(at);
  if (!at || Number.isNaN(d.getTime())) return "";
  if (language === "en") return d.toLocaleString("en-GB", { timeZone: "UTC", weekday: "short", day: "numeric", month: "short", hour: "2-digit", minute: "2-digit" });
  const year = d.getUTCFullYear() === inChina(new Date()).getUTCFullYear() ? "" : `${d.getUTCFullYear()}年`;
  return `${year}${d.getUTCMonth() + 1}月${d.getUTCDate()}日（${language === "zh-Hant" ? DAYS[d.getUTCDay()].replace("周", "週") : DAYS[d.getUTCDay()]}）${clock(d)} 前`;
}

/** Metres, as people say them. */
export const distance = (metres) =>
  metres < 1000 ? `${Math.max(10, Math.round(metres / 10) * 10)} 米` : `${(metres / 1000).toFixed(metres < 10000 ? 1 : 0)} 公里`;

/** Seconds as 0:07. */
export const seconds = (n) => `${Math.floor(n / 60)}:${two(Math.floor(n % 60))}`;

/** What the privacy notice says, as [heading, text]. */
export const PRIVACY = [
  ["记下什么", "您说的话、发的照片和语音、您自己发送的位置。手机号可留可不留，不留也照样受理。"],
  ["用来做什么", "弄清是什么事、在哪里、该谁办，办完把结果告诉您。不作别的用途。"],
  ["谁能看到", "受理人员和承办部门。您要求保密的，承办部门看不到您的姓名和电话。公开的信息里没有您的姓名和电话。"],
  ["保存多久", "随案件档案保存，到期按本市档案管理规定销毁。"],
  ["在这台设备上", "只记住这次对话的编号和显示设置，随时可以在菜单里清除。"],
];
