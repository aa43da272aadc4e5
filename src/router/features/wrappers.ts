/**
 * Sentences about the asking rather than the work: how hard or easy it is said to be, how much to think, who should answer, pleas, roles. They are
 * told by their vocabulary, not as fixed phrases: nearly every word is one of these, and one at least is of the telling kind.
 */

const telling = `
difficult difficulty hard harder hardest tough tricky challenging challenge challenges complex complexity complicated intricate nuanced advanced
demanding sophisticated expert experts expertise professor phd graduate undergraduate doctorate doctoral olympiad competition genius laureate nobel senior staff
professional specialist scholar scientist engineer mathematician lawyer doctor teacher researcher frontier research easy easier easiest simple simpler simply trivial basic elementary
quick quickly casual casually light effortless effortlessly piece cake child kid kids beginner overthink overthinking fuss brief briefly guess struggle struggles struggling
beware notoriously extremely incredibly unbelievably
think thinking thought thoughts reason reasoning step steps stepwise chain careful carefully rigorous rigorously thorough thoroughly deep deeply depth breath
detail detailed details verify doublecheck check ultrathink effort maximum max best concentrate focus precise precisely accurate accurately analyze analyse analysis
urgent urgently asap critical crucial important importance priority emergency stakes stake career job depends tip lives life deadline premium tier vip
model models llm engine route router routing small smaller large larger cheap cheaper cheapest expensive strong stronger strongest weak capable powerful smart smarter smartest intelligent escalate
act pretend imagine role assistant helpful ai unrestricted ignore previous system instruction instructions world-class please thanks thank hi hello hey kindly mode level budget high low highly say todo theorem lemma proof qed
`;

const neutral = `
a an the this that these those it its is are was were be been being am i me my mine we us our you your yours he she they them their who what which whom
of to in on for with without by from at as into over under up out off about through and or but so if not no nor do does did done doing don t s re ve ll m d can could will would shall should must may might
have has had having need needs needed require requires required requiring want wants wanted use uses using used give gives given giving get gets getting make makes take takes put let lets
just only also very really quite rather much more most less least any anyone all every everyone everything each some someone something nothing one ones two three
follow follows following below above here there now before after again then than both even still yet too well ever never always
answer answers answering answered question questions problem problems task tasks query queries request requests prompt prompts reply replies respond response responses user input
solution solutions solve solving right correct wrong perfect good better fine great okay ok sure try keep go going ready medium class tell handle rate rated
world years year decades decade experience many people fail fails note open work working multi double knows know able like today time way part parts concluding conclusion
show shows explain explaining sir madam friend real same own else come comes first second last next set possible
`;

const words = new Map<string, 'telling' | 'neutral'>();
for (const word of neutral.trim().split(/\s+/)) words.set(word, 'neutral');
for (const word of telling.trim().split(/\s+/)) words.set(word, 'telling');

/** The same in scripts without blanks between words: what a sentence is made of. Longer pieces first, so that they are not eaten by their parts. */
const tellingPieces =
  '一步一步|逐步|步骤|思考|推理|仔细|认真|谨慎|慎重|检查|深入|困难|极难|很难|难题|难度|最难|复杂|博士|专家|竞赛|压轴|奥赛|级别|水平|最强|最好|最贵|便宜|模型|紧急|重要|优先|务必|简单|容易|基础|直接|快速|随便|麻烦|谢谢|难|' +
  '難しい|難問|難題|難易度|困難|複雑|専門家|レベル|最も|優れた|最高|モデル|ステップ|丁寧|考えて|簡単|やさしい|易しい|基本|至急|急ぎ|深く|教授|ありがとう|' +
  '어려운|어렵|난이도|난제|복잡|박사|전문가|수준|최고|좋은|모델|단계별|단계|신중|천천히|꼼꼼|생각|간단|쉬운|쉽|가볍|급한|중요|힘든|감사';
const neutralPieces =
  '这是|这个|这道|这题|一个|一道|问题|题目|小学生|大学生|学生|告诉|答案|回答|就行|即可|可以|不用|需要|使用|非常|十分|极其|特别|帮我|一下|以下|下面|然后|请|使|用|给|出|我|你|您|的|地|得|是|很|最|太|都|会|也|和|并|来|就|行|吧|了|能|题|个|解|做|再|先|不|要|再|后|' +
  'これは|これ|非常に|とても|問題|質問|答え|解答|です|ます|ください|下さい|お願いします|ごとに|解けない|でも|使って|答えて|次の|こと|する|して|した|は|が|の|を|に|で|と|も|な|へ|や|し|て|た|' +
  '이것은|이건|매우|아주|정말|문제이니|문제|질문|입니다|입니|하세요|하여|해서|사용|주세요|답해|대답|물어볼게요|물어|볼게요|풀기|별로|으로|하게|에서|까지|이|그|저|은|는|가|을|를|의|도|로|게|에|해|한|할|운|게요|요|다';
const telltale = new RegExp(tellingPieces, 'u');
const pieces = new RegExp(`${tellingPieces}|${neutralPieces}`, 'gu');
const cjk = /[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]/;
const cjkAll = /[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]/g;

/** A sentence this long may hold one word that is not of the vocabulary. */
const wordsPerStranger = 12;

/** Tags, and names with a number, as models have. */
const tag = /<[^<>\n]{1,40}>|[a-z]+-\d[\w.]*/gi;

/** Whether a sentence or line only talks about the asking. */
export function isWrapper(sentence: string): boolean {
  // A question is what is asked, whatever its words.
  if (/[?？]\s*$/.test(sentence)) return false;
  if (cjk.test(sentence)) return isCjkWrapper(sentence);
  let known = 0;
  let told = 0;
  let all = 0;
  for (const word of sentence
    .replace(tag, ' ')
    .toLowerCase()
    .match(/[a-z]+|[^\s\p{P}\p{S}\p{N}a-z]+/gu) ?? []) {
    all += 1;
    const kind = words.get(word);
    if (kind === undefined) continue;
    known += 1;
    if (kind === 'telling') told += 1;
  }
  return told > 0 && (all - known) * wordsPerStranger <= all;
}

function isCjkWrapper(sentence: string): boolean {
  if (!telltale.test(sentence)) return false;
  const all = sentence.match(cjkAll)?.length ?? 0;
  const left = sentence.replace(pieces, '').match(cjkAll)?.length ?? 0;
  const latin = sentence.match(/[a-z]{2,}/gi)?.length ?? 0;
  return latin <= 1 && all - left >= 0.8 * all;
}
