import type { Catalog } from '../../catalog/index.ts';
import type { ConfigDocument, MadeDeployment } from './assemble.ts';
import type { Draft } from './draft.ts';
import { plainId, UniqueIds } from './identity.ts';
import type { ReportWriter } from './report.ts';

type Routes = NonNullable<ConfigDocument['routes']>;

interface RouteParts {
  draft: Draft;
  made: MadeDeployment[];
  catalog: Catalog;
  report: ReportWriter;
}

/** More would be a list that nobody reads, and the plan of a request has few attempts. */
const candidatesMax = 200;

/**
 * A route for each name that clients call and that leads to no deployments by itself, to several models, or to others when it fails. All in
 * `observe`: nothing is known yet of the quality of one model against another on this traffic.
 */
export function makeRoutes({ draft, made, catalog, report }: RouteParts): Routes {
  const groups = groupsOf(made);
  const ids = new Map(
    made.flatMap((each) => each.drafts.flatMap(({ id }) => (id === undefined ? [] : [[id, each] as const]))),
  );
  const membersOf = (name: string): MadeDeployment[] => {
    const alias = draft.aliases.find((each) => each.name === name)?.group;
    const single = ids.get(name);
    return (
      groups.get(name) ?? (alias === undefined ? undefined : groups.get(alias)) ?? (single ? [single] : [])
    );
  };
  const routes: Routes = {};
  const names = new UniqueIds();
  const add = (name: string, members: MadeDeployment[], suffix: string): void => {
    const candidates = [...new Set(members.map(({ id }) => id))];
    const chat = candidates.filter((id) => (catalog.findDeployment(id)?.model.kind ?? 'chat') === 'chat');
    if (chat.length === 0) return;
    const wanted = plainId(name);
    const isTaken = catalog.resolve(wanted).kind === 'deployments';
    const route = names.make(isTaken ? `${wanted}-${suffix}` : wanted);
    routes[route] = { reference: chat[0]!, candidates: chat.slice(0, candidatesMax), mode: 'observe' };
    if (chat.length > candidatesMax)
      report.note(`Route ${route} has the first ${candidatesMax} of ${chat.length} candidates.`);
    for (const { entry } of members.flatMap(({ drafts }) => drafts))
      if (!entry.became.includes(`route ${route}`)) entry.became.push(`route ${route}`);
    if (route !== name)
      report.note(
        `Clients that called «${name}» call the route «${route}»: ${isTaken ? `«${wanted}» is the name of a model here` : 'a route has letters, digits, dots, dashes and underscores'}.`,
      );
  };
  const fallbacksOf = (name: string) =>
    draft.fallbacks.filter(({ group }) => group === name).flatMap(({ to }) => to.flatMap(membersOf));
  for (const [name, members] of groups) {
    const others = fallbacksOf(name);
    if (others.length > 0 || !isReachable(name, members, catalog)) add(name, [...members, ...others], 'auto');
  }
  for (const { name, group, path } of draft.aliases) {
    if (groups.has(name)) continue;
    const members = membersOf(name);
    if (members.length > 0) add(name, [...members, ...fallbacksOf(group)], 'alias');
    else
      report.setting(
        path,
        `«${plainId(group)}» is not among what was imported, so nothing has the other name.`,
      );
  }
  for (const { to, path } of draft.fallbacks) {
    for (const target of to.filter((each) => membersOf(each).length === 0)) {
      report.setting(
        path,
        `«${plainId(target)}» is not among what was imported: import it too, or take it out of the fallbacks.`,
      );
    }
  }
  noteSharers(groups, catalog, report);
  if (Object.keys(routes).length > 0) {
    report.note(
      'Every route observes: its reference, the first candidate, answers everything, the others take over only where it cannot, and the would-be choice is recorded. ' +
        'Nothing is known yet of their quality on your traffic; set mode: assist when the report of the recorded decisions convinces you.',
    );
  }
  return routes;
}

/** By the name that clients call; what is tried first comes first. */
function groupsOf(made: MadeDeployment[]): Map<string, MadeDeployment[]> {
  const groups = new Map<string, MadeDeployment[]>();
  const ordered = made.flatMap((deployment) => deployment.drafts.map((draft) => ({ deployment, draft })));
  ordered.sort((a, b) => (a.draft.order ?? 0) - (b.draft.order ?? 0));
  for (const { deployment, draft } of ordered) {
    const group = groups.get(draft.group);
    if (group === undefined) groups.set(draft.group, [deployment]);
    else if (!group.includes(deployment)) group.push(deployment);
  }
  return groups;
}

/** The name alone already leads to all of these deployments, which are of one model. */
function isReachable(name: string, members: MadeDeployment[], catalog: Catalog): boolean {
  const models = new Set(members.map(({ id }) => catalog.findDeployment(id)?.model.id));
  if (models.size > 1) return false;
  const [first] = members;
  const kind = (first && catalog.findDeployment(first.id)?.model.kind) ?? 'chat';
  const found = catalog.resolve(name, kind);
  if (found.kind !== 'deployments') return false;
  const ids = new Set(found.deployments.map(({ id }) => id.toLowerCase()));
  return members.every(({ id }) => ids.has(id.toLowerCase()));
}

/** Names that are told one by one; the rest is counted. */
const sharersTold = 20;

/** A provider that was imported for other models may serve this one as well, and then shares its requests. */
function noteSharers(groups: Map<string, MadeDeployment[]>, catalog: Catalog, report: ReportWriter): void {
  let names = 0;
  for (const [name, members] of groups) {
    const others = sharersOf(name, members, catalog);
    if (others.length === 0) continue;
    names += 1;
    if (names > sharersTold) continue;
    const more = others.length > 3 ? ` and ${others.length - 3} more` : '';
    report.note(
      `Requests for «${name}» are also shared with ${others.slice(0, 3).join(', ')}${more}, which the source does not use under this name; ` +
        'to pin them, call provider/model or the route.',
    );
  }
  if (names > sharersTold) report.note(`The same holds for ${names - sharersTold} more names.`);
}

function sharersOf(name: string, members: MadeDeployment[], catalog: Catalog): string[] {
  const ids = new Set(members.map(({ id }) => id.toLowerCase()));
  const found = catalog.resolve(name);
  if (found.kind !== 'deployments') return [];
  return found.deployments.map(({ id }) => id).filter((id) => !ids.has(id.toLowerCase()));
}
