import type { Candidate } from '../../../catalog/index.ts';
import type { Route } from '../../../gateway/index.ts';

/** The recommended route as a part of `yumen.yaml`. */
export function routeYaml({
  route,
  candidates,
  quality,
  mode,
}: {
  route: Route;
  candidates: readonly Candidate[];
  quality: number;
  mode: 'observe' | 'assist';
}): string {
  const names = [route.reference, ...candidates].map(({ id }) => JSON.stringify(id));
  return [
    'routes:',
    `  ${JSON.stringify(route.name)}:`,
    `    reference: ${names[0]}`,
    `    candidates: [${names.join(', ')}]`,
    `    target: { quality: ${quality} }`,
    mode === 'observe'
      ? '    mode: observe      # the reference answers; what the others would have cost is recorded'
      : '    mode: assist',
    '    capture: pairs     # texts of compared requests are kept, to judge and label them',
    '',
  ].join('\n');
}
