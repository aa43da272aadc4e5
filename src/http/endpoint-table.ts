import type { IncomingMessage, ServerResponse } from 'node:http';
import { type ClientDialectName, GatewayError } from '../protocol/index.ts';
import type { HttpServerOptions } from './server.ts';

/** One HTTP exchange on its way to an endpoint. */
export interface Exchange {
  request: IncomingMessage;
  response: ServerResponse;
  requestId: string;
  /** What the path's `{name}` stood for, decoded. */
  params: { [name: string]: string };
}

export type Serve = (exchange: Exchange, options: HttpServerOptions) => void | Promise<void>;

/** A row of the table: `{name}` in a path is one segment, `{name*}` may hold slashes. */
export interface Endpoint {
  method: 'GET' | 'POST' | 'DELETE';
  path: string;
  /** Errors of this endpoint are said in it. */
  dialect: ClientDialectName;
  serve: Serve;
}

interface Found {
  serve: Serve;
  params: Exchange['params'];
}

/** Finds an endpoint by method and path. `GET` also serves `HEAD`. */
export class EndpointTable {
  readonly rows: readonly Endpoint[];
  private readonly literal = new Map<string, Endpoint[]>();
  private readonly patterns: { expression: RegExp; row: Endpoint }[] = [];

  constructor(rows: readonly Endpoint[]) {
    this.rows = rows;
    for (const row of rows) {
      if (row.path.includes('{')) this.patterns.push({ expression: expressionOf(row.path), row });
      else this.literal.set(row.path, [...(this.literal.get(row.path) ?? []), row]);
    }
  }

  /** Throws `not_found`, or `method_not_allowed` with the methods there are as its detail. */
  find(method: string | undefined, path: string): Found {
    const wanted = method === 'HEAD' ? 'GET' : method;
    const rows = this.at(path);
    for (const { row, params } of rows) if (row.method === wanted) return { serve: row.serve, params };
    if (rows.length === 0) {
      throw new GatewayError(
        'not_found',
        `There is no endpoint ${path.slice(0, 200)}. The README lists what there is.`,
      );
    }
    const allowed = [...new Set(rows.map(({ row }) => row.method))].join(', ');
    throw new GatewayError('method_not_allowed', `${path} takes ${allowed}, not ${method}.`, {
      detail: allowed,
    });
  }

  /** The dialect of the endpoint at a path, whatever the method. */
  dialectAt(path: string): ClientDialectName | undefined {
    return this.at(path)[0]?.row.dialect;
  }

  private at(path: string): { row: Endpoint; params: Exchange['params'] }[] {
    const literal = this.literal.get(path);
    if (literal !== undefined) return literal.map((row) => ({ row, params: {} }));
    return this.patterns.flatMap(({ expression, row }) => {
      const groups = expression.exec(path)?.groups;
      return groups === undefined ? [] : [{ row, params: decoded(groups) }];
    });
  }
}

function expressionOf(path: string): RegExp {
  const pattern = path
    .split(/(\{\w+\*?\})/)
    .map((piece) => {
      const name = /^\{(\w+)(\*?)\}$/.exec(piece);
      if (name === null) return piece.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
      return `(?<${name[1]}>${name[2] === '*' ? '.+' : '[^/]+'})`;
    })
    .join('');
  return new RegExp(`^${pattern}$`);
}

function decoded(groups: { [name: string]: string }): Exchange['params'] {
  return Object.fromEntries(Object.entries(groups).map(([name, value]) => [name, decodeName(value)]));
}

function decodeName(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
