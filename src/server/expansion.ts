import { type Environment, readVariable, withoutEmpty } from './environment.ts';

/** Values shorter than this are no secrets, and hiding them would make any sentence unreadable. */
const concealedCharsMin = 4;

/** Replaces `${NAME}` in values and remembers what came in, so that no message shows it. */
export class Expansion {
  readonly #environment: Environment;
  /** Value → name of its variable. */
  #values = new Map<string, string>();

  constructor(environment: Environment) {
    this.#environment = withoutEmpty(environment);
  }

  /** The document with its variables replaced, at any depth. Throws an Error that names the variable at fault. */
  expand(value: unknown): unknown {
    if (typeof value === 'string') {
      return value.replace(/\$\{([A-Za-z_][A-Za-z0-9_]*)\}/g, (_, name: string) => this.#variable(name));
    }
    if (Array.isArray(value)) return value.map((item) => this.expand(item));
    if (typeof value === 'object' && value !== null) {
      return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, this.expand(item)]));
    }
    return value;
  }

  /** The text with `${NAME}` in the place of what `NAME` held: a secret in the wrong field must not end in a log. */
  conceal(text: string): string {
    const values = [...this.#values].filter(([value]) => value.length >= concealedCharsMin);
    // The longest first, for one may be part of another.
    values.sort(([a], [b]) => b.length - a.length);
    let concealed = text;
    for (const [value, name] of values) {
      const pattern = new RegExp(value.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&'), 'gi');
      concealed = concealed.replace(pattern, () => `\${${name}}`);
    }
    return concealed;
  }

  #variable(name: string): string {
    const value = readVariable(this.#environment, name);
    if (value === undefined) {
      throw new Error(`\${${name}} is not set: set ${name}, or ${name}_FILE to a file that holds it.`);
    }
    this.#values.set(value, name);
    return value;
  }
}
