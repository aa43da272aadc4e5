import type { CertificateKind } from '../lifecycle/state.ts';
import type { savingsGroups } from './report-data.ts';

export type ReportLanguage = 'en' | 'zh';

type Baseline = 'warm' | 'single' | 'mix';

/** All words of the report in one language; figures come from its data. */
export interface ReportWords {
  htmlLang: string;
  title: string;
  period(from: string, to: string): string;
  made(at: string, version: string): string;
  money: string;
  baselines: { [baseline in Baseline]: string };
  columns: {
    baseline: string;
    wouldCost: string;
    paid: string;
    proof: string;
    net: string;
    share: string;
  };
  noMix: string;
  spent(total: string, other: string, signals: string, proof: string, judges: string): string;
  compared(compared: number, all: number): string;
  quality: string;
  qualityNote: string;
  qualityColumns: [
    route: string,
    target: string,
    kept: string,
    pairs: string,
    single: string,
    mix: string,
    bound: string,
  ];
  referenceAlone: string;
  /** A share of requests to a candidate. */
  mixed(share: string, candidate: string): string;
  atMostLoss(bound: string, confidence: string): string;
  noCertificate: string;
  noPairs: string;
  candidates: string;
  candidateColumns: [route: string, candidate: string, pairs: string, quality: string, cost: string];
  certificates: string;
  noCertificates: string;
  certificateColumns: [certificate: string, says: string, evidence: string, recounted: string, valid: string];
  certifies(quality: string, confidence: string, kind: CertificateKind): string;
  evidence(issued: {
    pairs: number;
    units: number;
    anchors: number;
    requests: number;
    loss: string;
    bound: string;
    judge: string | null;
  }): string;
  recounted(observed: { pairs: number; sessions: number; loss: string; cheap: string }): string;
  inForce(since: string, until: string | null, because: string | null): string;
  story: string;
  noStory: string;
  moreStory: string;
  groups: { [group in (typeof savingsGroups)[number]]: string };
  groupColumns: [
    requests: string,
    spent: string,
    compared: string,
    warm: string,
    proof: string,
    netWarm: string,
    netSingle: string,
    netMix: string,
  ];
  none: string;
  apart: string;
  apartLines(counts: {
    unrouted: number;
    failed: number;
    aborted: number;
    unpriced: number;
    simulated: number;
    proofUnpriced: number;
  }): string[];
  method: string;
  methodLines: string[];
  signature: string;
  signed(fingerprint: string): string;
}

const en: ReportWords = {
  htmlLang: 'en',
  title: 'Savings report',
  period: (from, to) => `From ${from} until before ${to} (UTC)`,
  made: (at, version) => `Made ${at} by Yumen ${version}`,
  money: 'What was saved',
  baselines: {
    warm: 'The reference, its cache warm',
    single: 'The best single model',
    mix: 'A random mix of equal quality',
  },
  columns: {
    baseline: 'Compared with',
    wouldCost: 'would have cost',
    paid: 'paid for answers',
    proof: 'paid for proof',
    net: 'net saving',
    share: 'of the baseline',
  },
  noMix: 'not defined: no pairs on some route',
  spent: (total, other, signals, proof, judges) =>
    `Spent in all: ${total}. Of this ${other} for attempts whose answer no client got (failed ones, escalations, votes), ${signals} for signals, ${proof} for proof (${judges} of it for judges).`,
  compared: (compared, all) => `${compared} of ${all} requests are compared; the others are listed below.`,
  quality: 'Quality kept',
  qualityNote:
    'Relative to the reference, as the graders say. The interval is an estimate (normal, 95 %), not a bound; a bound is given only where a certificate is in force.',
  qualityColumns: [
    'Route',
    'Target',
    'Quality (estimate)',
    'Pairs',
    'Best single model',
    'Random mix',
    'Certified',
  ],
  referenceAlone: 'the reference',
  mixed: (share, candidate) => `${share} to ${candidate}`,
  atMostLoss: (bound, confidence) => `mean loss at most ${bound} (${confidence})`,
  noCertificate: 'no certificate',
  noPairs: 'no pairs',
  candidates: 'Candidates by themselves',
  candidateColumns: ['Route', 'Candidate', 'Pairs', 'Quality (estimate)', 'Cost over the reference’s'],
  certificates: 'Certificates in force during the period',
  noCertificates: 'There was none: no quality is certified in this period.',
  certificateColumns: ['Certificate', 'It says', 'Its evidence', 'Recounted from the pairs', 'In force'],
  certifies: (quality, confidence, kind) =>
    `quality of at least ${quality} with ${confidence} confidence (${{ graded: 'graded', 'judge-only': 'by a judge alone', 'human-corrected': 'corrected by people' }[kind]})`,
  evidence: ({ pairs, units, anchors, requests, loss, bound, judge }) =>
    `${pairs} pairs in ${units} units out of ${requests} requests, ${anchors} labelled by people; mean loss ${loss}, at most ${bound}${judge === null ? '' : `; judge ${judge}`}`,
  recounted: ({ pairs, sessions, loss, cheap }) =>
    `${pairs} pairs in ${sessions} sessions, mean loss ${loss}, ${cheap} of requests to cheaper candidates`,
  inForce: (since, until, because) =>
    until === null ? `since ${since}` : `${since} to ${until}: ${because ?? ''}`,
  story: 'What happened to the routes',
  noStory: 'Nothing.',
  moreStory: 'Only the newest events are listed.',
  groups: {
    route: 'By route',
    project: 'By project',
    key: 'By key',
    model: 'By model',
    day: 'By day',
  },
  groupColumns: [
    'requests',
    'spent',
    'paid, compared',
    'reference, warm',
    'proof',
    'net, warm reference',
    'net, best single',
    'net, random mix',
  ],
  none: '(none)',
  apart: 'What is not covered',
  apartLines: ({ unrouted, failed, aborted, unpriced, simulated, proofUnpriced }) => [
    `${unrouted} requests named a model or another endpoint: nothing was chosen for them, so nothing is counted as saved.`,
    `${failed} requests failed and ${aborted} were broken off: there is no whole answer to compare. What they cost is in what was spent, and in no saving.`,
    `${unpriced} requests have an unknown price, or are of a version that noted no warm reference. An unknown price is never free.`,
    `${simulated} simulated requests are in no sum of money.`,
    `${proofUnpriced} records of proof have an unknown price: that much of its cost is missing.`,
    'Machines of one’s own, people’s time for labels, and the gateway’s own running are not in the figures.',
  ],
  method: 'Method',
  methodLines: [
    'Net saving = what the baseline would have cost for the compared requests − what was paid for them (every attempt and signal) − everything that proof cost in the same group. Prices are those of the catalogue at the moment of each request; money is added up exactly in nano-USD.',
    'The reference, its cache warm: every request answered by the route’s reference with the token counts of the answer that was given. What the last turn of the conversation left cached wherever it went, the reference is taken to have cached, as long as its vendor keeps caches and if the prefix is long enough; the rest is read or written at its price. Where the reference has answered and held as much itself, its own bill stands. Limits: tokens are those of the model that answered, another tokenizer and another style would differ by some percent; a conversation is remembered for at most an hour after its last call and lost at a restart, and then counts as cold; vendors do not promise their caches.',
    'The best single model: of the candidates with at least 30 graded pairs, the one that costs least among those whose measured quality reaches the route’s target (without such a target: the quality that the route kept); else the reference. Its cost ratio, measured over the pairs, times the warm reference. It is chosen by point estimates, which favours the baseline. Answers called beside a request found a cold cache, which makes a single model look dearer than it would be in long conversations.',
    'A random mix of equal quality: the share of requests that a coin could have sent to one candidate, the rest to the reference, without losing more than the route did; the cheapest such mix. A router that does no better than this has learned nothing. Not defined where no candidate has 30 graded pairs.',
    'Quality kept = 1 − weighted mean loss, each pair weighted by 1 / the probability with which it was drawn. Intervals are normal with sessions as units, and know nothing of errors of the judge or of looking more than once. Certificates know both: fixed-sequence tests with an anytime-valid bound; those of a judge alone and those corrected by people are different kinds.',
    'Every figure can be recomputed from the data folder by docs/recompute.mjs; the signed data are in this page.',
  ],
  signature: 'Signature',
  signed: (fingerprint) =>
    `Signed with Ed25519 by the key ${fingerprint}. Check: yumen report --verify FILE --public-key KEY, with the key got from the installation and not from this page.`,
};

const zh: ReportWords = {
  htmlLang: 'zh-CN',
  title: '节省报告',
  period: (from, to) => `${from} 起，至 ${to} 之前（UTC）`,
  made: (at, version) => `由 Yumen ${version} 生成于 ${at}`,
  money: '节省了多少',
  baselines: {
    warm: '始终使用参考模型（缓存保持热）',
    single: '最佳单一模型',
    mix: '同等质量的随机混合',
  },
  columns: {
    baseline: '对比基准',
    wouldCost: '基准费用',
    paid: '回答的实付费用',
    proof: '验证费用',
    net: '净节省',
    share: '占基准的比例',
  },
  noMix: '无法定义：有路由没有配对样本',
  spent: (total, other, signals, proof, judges) =>
    `总支出：${total}。其中未交付给客户端的尝试（失败、升级、投票）${other}，信号 ${signals}，验证 ${proof}（含评审 ${judges}）。`,
  compared: (compared, all) => `${all} 个请求中有 ${compared} 个参与对比，其余列在下文。`,
  quality: '质量保持',
  qualityNote:
    '相对于参考模型，以评分者的结论为准。区间是估计值（正态近似，95 %），不是保证界；只有在证书有效时才给出保证界。',
  qualityColumns: ['路由', '目标', '质量（估计）', '配对数', '最佳单一模型', '随机混合', '已认证'],
  referenceAlone: '参考模型',
  mixed: (share, candidate) => `${share} 交给 ${candidate}`,
  atMostLoss: (bound, confidence) => `平均损失不超过 ${bound}（${confidence}）`,
  noCertificate: '无证书',
  noPairs: '没有配对样本',
  candidates: '各候选模型单独的表现',
  candidateColumns: ['路由', '候选模型', '配对数', '质量（估计）', '相对参考模型的费用'],
  certificates: '期间内有效的证书',
  noCertificates: '没有：本期间的质量未经认证。',
  certificateColumns: ['证书', '结论', '证据', '由配对样本重新计算', '有效期'],
  certifies: (quality, confidence, kind) =>
    `质量不低于 ${quality}，置信度 ${confidence}（${{ graded: '确定性评分', 'judge-only': '仅由评审模型判断', 'human-corrected': '经人工校正' }[kind]}）`,
  evidence: ({ pairs, units, anchors, requests, loss, bound, judge }) =>
    `${requests} 个请求中 ${units} 个单元的 ${pairs} 个配对，人工标注 ${anchors} 个；平均损失 ${loss}，上界 ${bound}${judge === null ? '' : `；评审 ${judge}`}`,
  recounted: ({ pairs, sessions, loss, cheap }) =>
    `${sessions} 个会话的 ${pairs} 个配对，平均损失 ${loss}，${cheap} 的请求交给更便宜的候选模型`,
  inForce: (since, until, because) =>
    until === null ? `自 ${since} 起` : `${since} 至 ${until}：${because ?? ''}`,
  story: '各路由发生的事件',
  noStory: '没有。',
  moreStory: '仅列出最新的事件。',
  groups: { route: '按路由', project: '按项目', key: '按密钥', model: '按模型', day: '按日' },
  groupColumns: [
    '请求',
    '支出',
    '参与对比的实付',
    '参考模型（热缓存）',
    '验证',
    '净节省：热缓存参考',
    '净节省：最佳单一模型',
    '净节省：随机混合',
  ],
  none: '（无）',
  apart: '未包含的内容',
  apartLines: ({ unrouted, failed, aborted, unpriced, simulated, proofUnpriced }) => [
    `${unrouted} 个请求直接指定了模型或使用其他接口：没有经过选择，因此不计节省。`,
    `${failed} 个请求失败，${aborted} 个中断：没有完整的回答可供对比。其费用计入支出，但不计入任何节省。`,
    `${unpriced} 个请求的价格未知，或来自尚未记录热缓存参考的版本。价格未知不等于免费。`,
    `${simulated} 个模拟请求不计入任何金额。`,
    `${proofUnpriced} 条验证记录的价格未知：这部分验证费用缺失。`,
    '自有机器、人工标注的时间以及网关自身的运行费用不在数字之内。',
  ],
  method: '方法',
  methodLines: [
    '净节省 = 参与对比的请求按基准本应花费的金额 − 实际为其支付的金额（所有尝试与信号）− 同一组内的全部验证费用。价格取每个请求发生时目录中的价格；金额以纳美元精确累加。',
    '始终使用参考模型（缓存保持热）：所有请求都由路由的参考模型回答，token 数取实际给出的回答。会话上一轮在任意部署上留下的缓存前缀，视为参考模型也已缓存，条件是未超过其供应商的缓存期限且前缀足够长；其余部分按读取或写入缓存的价格计算。若参考模型实际作答且自身缓存不少于此，则以其账单为准。局限：token 数来自实际作答的模型，换用其他分词器或文风会有百分之几的差别；会话在最后一次调用后最多记忆一小时，重启后丢失，此后按冷缓存计；供应商并不保证缓存命中。',
    '最佳单一模型：在至少有 30 个已评分配对的候选模型中，取测得质量达到路由目标（若无此类目标，则为路由实际保持的质量）且最便宜的一个，否则为参考模型。以配对测得的费用比乘以热缓存参考费用。它按点估计选出，这对基准有利。旁路调用时缓存是冷的，因此在长会话中单一模型看起来会比实际更贵。',
    '同等质量的随机混合：在损失不超过路由的前提下，可以用抛硬币的方式把多大比例的请求交给某个候选模型，其余交给参考模型；取最便宜的一种。不优于此的路由器等于什么也没学到。若没有候选模型具备 30 个已评分配对，则无法定义。',
    '质量保持 = 1 − 加权平均损失，每个配对按抽中概率的倒数加权；若回答是单独评分的，再除以参考模型的平均分。区间为以会话为单位的正态近似，未考虑评审的误差，也未考虑多次查看。证书则考虑了这两点：固定顺序检验与随时有效的界；仅由评审模型判断的证书与经人工校正的证书是两种不同的证书。',
    '所有数字都可以用 docs/recompute.mjs 从数据目录重新计算；经签名的数据就在本页之中。',
  ],
  signature: '签名',
  signed: (fingerprint) =>
    `由密钥 ${fingerprint} 以 Ed25519 签名。验证：yumen report --verify FILE --public-key KEY，公钥应取自安装环境，而不是本页。`,
};

export const reportWords: { readonly [language in ReportLanguage]: ReportWords } = { en, zh };
