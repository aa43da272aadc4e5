import type { Curve, Evaluation } from '../result.ts';
import { escaped, formatted, type Scale, scaleOf, ticksOf } from './axes.ts';

const width = 960;
const height = 620;
const plot = { left: 84, right: 700, top: 64, bottom: 540 };

/** Colours that stay apart for the colour-blind and in grey; ours is the first. */
const colours = [
  '#0b5fa5',
  '#d55e00',
  '#009e73',
  '#cc79a7',
  '#8a6d00',
  '#5d3a9b',
  '#7f7f7f',
  '#b22222',
  '#2f4f4f',
];
const referenceStyle: { [name: string]: { colour: string; dash: string } | undefined } = {
  random: { colour: '#9a9a9a', dash: '6 4' },
  'hull of single models': { colour: '#9a9a9a', dash: '2 3' },
  'group oracle': { colour: '#6b6b6b', dash: '8 3 2 3' },
  oracle: { colour: '#3b3b3b', dash: '1 3' },
};

/**
 * Cost and quality of every policy of an evaluation as one SVG, for the eye: curves, a band where ours lies with 95 %, a point per model alone.
 * One split at a time. Plain shapes and text, no script and no outside reference.
 */
export function costQualitySvg(evaluation: Evaluation, title: string): string {
  const curves = evaluation.curves ?? [];
  const split = curves.find(({ split }) => split !== 'all')?.split ?? 'all';
  const shown = curves.filter((curve) => curve.split === 'all' || curve.split === split);
  const models = Object.entries(evaluation.models);
  const x = scaleOf(
    [
      0,
      ...models.map(([, { cost_usd }]) => 1000 * cost_usd),
      ...shown.flatMap(({ points }) => points.map((point) => 1000 * point.cost_usd)),
    ],
    plot.left,
    plot.right,
  );
  const y = scaleOf(
    [
      ...models.map(([, { quality }]) => quality),
      ...shown.flatMap(({ points }) => points.map(({ quality }) => quality)),
    ],
    plot.bottom,
    plot.top,
  );
  const routers = shown.filter(({ name }) => referenceStyle[name] === undefined);
  const ours = routers.find(({ name }) => name === 'ours');
  const colourOf = (curve: Curve) => colours[routers.indexOf(curve) % colours.length]!;
  const parts = [
    `<rect width="${width}" height="${height}" fill="#ffffff"/>`,
    text(plot.left, 30, title, 'font-size="17" font-weight="600"'),
    text(
      plot.left,
      49,
      `${evaluation.n} prompts, ${split}; band: 95 % of ours`,
      'font-size="12" fill="#555555"',
    ),
    ...frame(x, y),
    ...(ours === undefined ? [] : [band(ours, x, y)]),
    ...shown.map((curve) => {
      const style = referenceStyle[curve.name];
      return style === undefined
        ? line(curve, x, y, colourOf(curve), '', curve === ours ? 3 : 1.4)
        : line(curve, x, y, style.colour, style.dash, 1.4);
    }),
    ...models.map(
      ([, { cost_usd, quality }]) =>
        `<circle cx="${at(x.of(1000 * cost_usd))}" cy="${at(y.of(quality))}" r="4" fill="#222222" stroke="#ffffff"/>`,
    ),
    ...labels(models, x, y),
    ...legend(shown, (curve) => {
      const style = referenceStyle[curve.name];
      return style === undefined
        ? { colour: colourOf(curve), dash: '', stroke: curve === ours ? 3 : 1.4 }
        : { ...style, stroke: 1.4 };
    }),
  ];
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" font-family="system-ui, sans-serif" role="img" aria-label="${escaped(title)}">
${parts.join('\n')}
</svg>
`;
}

const at = (value: number) => value.toFixed(1);

const text = (x: number, y: number, content: string, attributes: string) =>
  `<text x="${at(x)}" y="${at(y)}" ${attributes}>${escaped(content)}</text>`;

function frame(x: Scale, y: Scale): string[] {
  const middle = (plot.top + plot.bottom) / 2;
  return [
    ...ticksOf(x).flatMap((value) => [
      `<line x1="${at(x.of(value))}" y1="${plot.top}" x2="${at(x.of(value))}" y2="${plot.bottom}" stroke="#e6e6e6"/>`,
      text(
        x.of(value),
        plot.bottom + 20,
        formatted(value),
        'font-size="12" text-anchor="middle" fill="#333333"',
      ),
    ]),
    ...ticksOf(y).flatMap((value) => [
      `<line x1="${plot.left}" y1="${at(y.of(value))}" x2="${plot.right}" y2="${at(y.of(value))}" stroke="#e6e6e6"/>`,
      text(
        plot.left - 8,
        y.of(value) + 4,
        formatted(value),
        'font-size="12" text-anchor="end" fill="#333333"',
      ),
    ]),
    `<rect x="${plot.left}" y="${plot.top}" width="${plot.right - plot.left}" height="${plot.bottom - plot.top}" fill="none" stroke="#888888"/>`,
    text(
      (plot.left + plot.right) / 2,
      plot.bottom + 46,
      'mean cost, USD per 1,000 prompts',
      'font-size="13" text-anchor="middle"',
    ),
    text(
      24,
      middle,
      'mean quality',
      `font-size="13" text-anchor="middle" transform="rotate(-90 24 ${middle})"`,
    ),
  ];
}

const pathOf = (points: { x: number; y: number }[]) =>
  points.map((point, i) => `${i === 0 ? 'M' : 'L'}${at(point.x)} ${at(point.y)}`).join('');

function line(curve: Curve, x: Scale, y: Scale, colour: string, dash: string, stroke: number): string {
  const path = pathOf(curve.points.map((p) => ({ x: x.of(1000 * p.cost_usd), y: y.of(p.quality) })));
  const dashes = dash === '' ? '' : ` stroke-dasharray="${dash}"`;
  return `<path d="${path}" fill="none" stroke="${colour}" stroke-width="${stroke}"${dashes}/>`;
}

function band({ points }: Curve, x: Scale, y: Scale): string {
  const edge = (side: 0 | 1) => points.map((p) => ({ x: x.of(1000 * p.cost_usd), y: y.within(p.ci[side]) }));
  return `<path d="${pathOf([...edge(0), ...edge(1).reverse()])}Z" fill="${colours[0]}" fill-opacity="0.15"/>`;
}

/** Names beside the points, moved apart where they would cover each other. */
function labels(models: [string, { quality: number; cost_usd: number }][], x: Scale, y: Scale): string[] {
  const lineHeight = 13;
  const taken: { x: number; y: number }[] = [];
  return models
    .map(([name, { cost_usd, quality }]) => ({ name, x: x.of(1000 * cost_usd), y: y.of(quality) }))
    .sort((a, b) => a.y - b.y)
    .map(({ name, x: left, y: top }) => {
      const place = { x: left, y: top - 7 };
      while (taken.some((one) => Math.abs(one.x - place.x) < 130 && Math.abs(one.y - place.y) < lineHeight)) {
        place.y += lineHeight;
      }
      taken.push(place);
      const end = left > plot.right - 140;
      return text(
        left + (end ? -7 : 7),
        place.y,
        name,
        `font-size="11" fill="#222222" stroke="#ffffff" stroke-width="3" paint-order="stroke" text-anchor="${end ? 'end' : 'start'}"`,
      );
    });
}

function legend(
  curves: Curve[],
  styleOf: (curve: Curve) => { colour: string; dash: string; stroke: number },
): string[] {
  return curves.flatMap((curve, i) => {
    const { colour, dash, stroke } = styleOf(curve);
    const y = plot.top + 10 + 22 * i;
    const dashes = dash === '' ? '' : ` stroke-dasharray="${dash}"`;
    return [
      `<line x1="${plot.right + 20}" y1="${y}" x2="${plot.right + 52}" y2="${y}" stroke="${colour}" stroke-width="${stroke}"${dashes}/>`,
      text(plot.right + 60, y + 4, curve.name, 'font-size="13"'),
    ];
  });
}
