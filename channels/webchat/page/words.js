// Words and formats that residents read in more than one place.

import { language, t } from "./language.js";

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
const dayName = (d, tag) => (tag === "zh-Hant" ? DAYS[d.getUTCDay()].replace("周", "週") : DAYS[d.getUTCDay()]);
/** A moment in English; `parts` as of Intl.DateTimeFormat. */
const inEnglish = (d, parts) => d.toLocaleString("en-GB", { timeZone: "UTC", hour: "2-digit", minute: "2-digit", ...parts });

/** When something was said, the way WeChat shows it. */
export function spokenTime(at, now = new Date()) {
  const d = inChina(at);
  if (Number.isNaN(d.getTime())) return "";
  const today = inChina(now);
  const day = (x) => Math.floor(x.getTime() / 86400000);
  const days = day(today) - day(d);
  if (days === 0) return clock(d);
  if (days === 1) return t("昨天 {0}", clock(d));
  const sameYear = d.getUTCFullYear() === today.getUTCFullYear();
  if (language.value === "en") {
    return inEnglish(d, days > 1 && days < 7 ? { weekday: "short" } : { day: "numeric", month: "short", ...(sameYear ? {} : { year: "numeric" }) });
  }
  if (days > 1 && days < 7) return `${dayName(d, language.value)} ${clock(d)}`;
  const date = `${d.getUTCMonth() + 1}月${d.getUTCDate()}日 ${clock(d)}`;
  return sameYear ? date : `${d.getUTCFullYear()}年${date}`;
}

/** When something is due: 11月29日（周日）17:30前; in the language of a card. */
export function dueTime(at, tag = "zh-Hans") {
  const d = inChina(at);
  if (!at || Number.isNaN(d.getTime())) return "";
  if (tag === "en") return inEnglish(d, { weekday: "short", day: "numeric", month: "short" });
  const year = d.getUTCFullYear() === inChina(new Date()).getUTCFullYear() ? "" : `${d.getUTCFullYear()}年`;
  return `${year}${d.getUTCMonth() + 1}月${d.getUTCDate()}日（${dayName(d, tag)}）${clock(d)} 前`;
}

/** Metres, as people say them. */
export const distance = (metres) =>
  metres < 1000 ? t("{0} 米", Math.max(10, Math.round(metres / 10) * 10)) : t("{0} 公里", (metres / 1000).toFixed(metres < 10000 ? 1 : 0));

/** Seconds as 0:07. */
export const seconds = (n) => `${Math.floor(n / 60)}:${two(Math.floor(n % 60))}`;

/** What the privacy notice says, as [heading, text]; to be put into the page's language. */
export const PRIVACY = [
  ["记下什么", "您说的话、发的照片和语音、您自己发送的位置。手机号可留可不留，不留也照样受理。"],
  ["用来做什么", "弄清是什么事、在哪里、该谁办，办完把结果告诉您。不作别的用途。"],
  ["谁能看到", "受理人员和承办部门。您要求保密的，承办部门看不到您的姓名和电话。公开的信息里没有您的姓名和电话。"],
  ["保存多久", "随案件档案保存，到期按本市档案管理规定销毁。"],
  ["在这台设备上", "只记住这次对话的编号和显示设置，随时可以在菜单里清除。"],
];
