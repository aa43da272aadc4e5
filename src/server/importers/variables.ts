import { findVendor } from '../../providers/index.ts';
import type { Account } from './draft.ts';
import type { ImportVariable } from './report.ts';
import { isToken, referenceOf } from './secrets.ts';

interface Variable extends ImportVariable {
  /** What stands in its place while the result is checked. */
  placeholder: string;
}

interface Wanted {
  name: string;
  /** The name to go on from where that one is taken. */
  otherwise?: string | undefined;
  holds: string;
  placeholder: string;
  /** A reference that we made: it is what the vendor's own tools read. */
  usual?: boolean | undefined;
}

/** Gives every secret of the source a variable of its own, and knows each variable that the configuration reads. */
export class Variables {
  readonly #byName = new Map<string, Variable>();
  readonly #byToken = new Map<string, string>();
  /** Where to go on counting. */
  readonly #numbers = new Map<string, number>();
  /** Names that the source refers to: no secret may take one of them. */
  readonly #taken: ReadonlySet<string>;

  constructor(referred: Iterable<string>) {
    this.#taken = new Set(referred);
  }

  /** The value with `${NAME}` in the place of a secret; the variable is listed. */
  expression(value: string, wanted: Wanted): string {
    const reference = referenceOf(value);
    if (reference !== undefined) {
      const source = wanted.usual === true && !this.#taken.has(reference) ? 'absent' : 'reference';
      return this.#listed({ name: reference, holds: wanted.holds, source, placeholder: wanted.placeholder });
    }
    if (!isToken(value)) return value;
    const known = this.#byToken.get(value);
    if (known !== undefined) return `\${${known}}`;
    const name = this.#freeName(wanted);
    this.#byToken.set(value, name);
    return this.#listed({ name, holds: wanted.holds, source: 'literal', placeholder: wanted.placeholder });
  }

  list(): ImportVariable[] {
    return [...this.#byName.values()].map(({ name, holds, source }) => ({ name, holds, source }));
  }

  /** A value for each variable, of the right form. */
  placeholders(): { [name: string]: string } {
    return Object.fromEntries([...this.#byName.values()].map(({ name, placeholder }) => [name, placeholder]));
  }

  #listed(variable: Variable): string {
    const known = this.#byName.get(variable.name);
    if (known === undefined) this.#byName.set(variable.name, variable);
    return `\${${variable.name}}`;
  }

  #freeName({ name, otherwise = name }: Wanted): string {
    const isFree = (candidate: string) => !this.#byName.has(candidate) && !this.#taken.has(candidate);
    const first = [name, otherwise].find(isFree);
    if (first !== undefined) return first;
    let number = this.#numbers.get(otherwise) ?? 2;
    while (!isFree(`${otherwise}_${number}`)) number += 1;
    this.#numbers.set(otherwise, number);
    return `${otherwise}_${number}`;
  }
}

/** The account with variables in the place of its secrets. */
export function withVariables(account: Account, providerId: string, variables: Variables): Account {
  const vendor = findVendor(account.vendor);
  const usual = [...(vendor?.keyVariables ?? [])];
  const keyName = usual[0] ?? variableName(`${account.vendor}_API_KEY`);
  const key = (value: string): string =>
    variables.expression(value, {
      name: keyName,
      otherwise: variableName(`${providerId}_API_KEY`),
      holds: `an API key of ${vendor?.name ?? account.vendor} (provider ${providerId})`,
      placeholder: 'placeholder-key',
      usual: usual.includes(referenceOf(value) ?? ''),
    });
  const place = (value: string | undefined, name: string, holds: string, placeholder: string) =>
    value === undefined
      ? undefined
      : variables.expression(value, {
          name,
          holds: `${holds} of provider ${providerId}`,
          placeholder,
          usual: true,
        });
  const region = Object.keys(vendor?.regions ?? {})[0] ?? 'on-prem';
  const { aws, google, parameters } = account;
  return {
    ...account,
    keys: account.keys.map(key),
    region: place(account.region, 'REGION', 'the region', region),
    baseUrl: place(account.baseUrl, 'BASE_URL', 'the base URL', 'https://placeholder.invalid/v1'),
    parameters:
      parameters &&
      Object.fromEntries(
        Object.entries(parameters).map(([name, value]) => {
          const wanted = variableName(`${account.vendor}_${name}`);
          return [name, place(value, wanted, `the ${name}`, 'placeholder') ?? value];
        }),
      ),
    aws: aws && {
      access_key_id: place(aws.access_key_id, 'AWS_ACCESS_KEY_ID', 'the access key id', 'placeholder')!,
      secret_access_key: place(
        aws.secret_access_key,
        'AWS_SECRET_ACCESS_KEY',
        'the secret access key',
        'placeholder',
      )!,
      session_token: place(aws.session_token, 'AWS_SESSION_TOKEN', 'the session token', 'placeholder'),
    },
    google: google && {
      credentials_file: place(
        google.credentials_file,
        'GOOGLE_APPLICATION_CREDENTIALS',
        'the path of the service account’s JSON file',
        'placeholder.json',
      ),
    },
  };
}

function variableName(text: string): string {
  const name = text.toUpperCase().replace(/\W/g, '_');
  return /^\d/.test(name) ? `_${name}` : name;
}
