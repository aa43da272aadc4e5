/*
 * Units that a number in an answer may be in. Only measures of which another one is as likely to be said are told apart: time, money, length, mass, volume,
 * shares and degrees. What is counted («18 eggs», «18 eggs left», «18个») is left out, because it is worded in many ways, and the ask fixes it.
 */

const spellings: { [unit: string]: string } = {
  second: 's sec secs second seconds 秒 秒钟 秒間 초',
  minute: 'min mins minute minutes 分 分钟 分鐘 分間 분',
  hour: 'h hr hrs hour hours 时 小时 小時 时间 時間 시간',
  day: 'day days 天 日 日間 일',
  week: 'week weeks 周 週 週間 星期 주 주일',
  month: 'month months 月 个月 個月 か月 ヶ月 개월 달',
  year: 'year years yr yrs 年 年間 岁 歳 년 살',
  cent: '¢ cent cents 美分 센트 セント',
  dollar: '$ usd dollar dollars 美元 ドル 달러',
  euro: '€ eur euro euros 欧元 ユーロ 유로',
  // Of money and of mass: whoever says the one does not mean the other.
  pound: '£ gbp lb lbs pound pounds 英镑 磅 ポンド 파운드',
  yuan: 'rmb cny yuan 元 块 块钱 人民币',
  jiao: '角 毛',
  yen: 'jpy yen 円 日元 엔',
  won: '₩ krw won 韩元 ウォン 원',
  rupee: '₹ rs inr rupee rupees 卢比',
  millimetre: 'mm millimeter millimeters millimetre millimetres 毫米 ミリメートル 밀리미터',
  centimetre: 'cm centimeter centimeters centimetre centimetres 厘米 センチ センチメートル 센티미터',
  metre: 'm meter meters metre metres 米 メートル 미터',
  kilometre: 'km kilometer kilometers kilometre kilometres kmh kph 公里 千米 キロメートル 킬로미터',
  inch: 'inch inches 英寸 インチ 인치',
  foot: 'ft foot feet 英尺 フィート 피트',
  yard: 'yd yds yard yards 码 ヤード 야드',
  mile: 'mi mile miles mph 英里 マイル 마일',
  milligram: 'mg milligram milligrams 毫克 ミリグラム 밀리그램',
  gram: 'g gram grams 克 グラム 그램',
  kilogram: 'kg kgs kilogram kilograms kilo kilos 公斤 千克 キログラム 킬로그램',
  ton: 't ton tons tonne tonnes 吨 トン 톤',
  ounce: 'oz ounce ounces 盎司 オンス 온스',
  millilitre: 'ml milliliter milliliters millilitre millilitres 毫升 ミリリットル 밀리리터',
  litre: 'l liter liters litre litres 升 リットル 리터',
  gallon: 'gal gallon gallons 加仑 ガロン 갤런',
  percent: '% ％ percent パーセント 퍼센트 프로',
  degree: '° degree degrees 度 도',
  radian: 'rad radian radians 弧度 ラジアン 라디안',
};

const units = new Map(
  Object.entries(spellings).flatMap(([unit, words]) => words.split(' ').map((word) => [word, unit] as const)),
);

/** A sign, a word, or a counter that is written without blanks, after what Markdown and LaTeX put before it. */
const behind =
  /^(?:[\s*_`~\\,;!{}$-]|(?:text|textbf|mathrm|mathbf|mbox|rm)\s?\{)*(?:(?:more|extra|additional|full|whole|square|cubic|US)\s)?(?:\\?([%％°€¢£₩])|([a-zA-Z]{1,12})(?![a-zA-Z])|([\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}ー]{1,8}))/u;
const before = /(?:^|[^\p{L}])(?:US|A|C|R)?([$€£₩₹])\s?$/u;

/** The unit of a number, by the text on both sides of it; undefined where there is none that is told apart. */
export function unitBeside(left: string, right: string): string | undefined {
  const sign = before.exec(left)?.[1];
  // Two signs around it are LaTeX for «here is a formula».
  if (sign !== undefined && !(sign === '$' && right.includes('$'))) return units.get(sign);
  const found = behind.exec(right);
  if (found === null) return undefined;
  const [, mark, word, counter] = found;
  if (mark !== undefined) return units.get(mark);
  if (word !== undefined) return units.get(word) ?? units.get(word.length === 1 ? '' : word.toLowerCase());
  return longestUnit(counter!);
}

/** Of «小时后», the part that is a unit. */
function longestUnit(text: string): string | undefined {
  for (let length = text.length; length > 0; length--) {
    const unit = units.get(text.slice(0, length));
    if (unit !== undefined) return unit;
  }
  return undefined;
}
