import { readFileSync } from 'node:fs';

/** Variables by name, as a process has them. */
export type Environment = { readonly [name: string]: string | undefined };

/** A variable that is set to nothing counts as not set: that is how shells, Compose files and charts clear one. */
export function withoutEmpty(environment: Environment): Environment {
  return Object.fromEntries(Object.entries(environment).filter(([, value]) => value !== ''));
}

/**
 * The value of a variable, or else what the file that `NAME_FILE` names holds: that is how secrets are mounted. Undefined where neither is
 * set; throws an Error that names the variable whose file cannot be read.
 */
export function readVariable(environment: Environment, name: string): string | undefined {
  const value = environment[name];
  if (value !== undefined && value !== '') return value;
  const file = environment[`${name}_FILE`];
  if (file === undefined || file === '') return undefined;
  try {
    return readFileSync(file, 'utf8').trim();
  } catch (cause) {
    throw new Error(
      `${name}_FILE points to a file that cannot be read: check the path and its permissions.`,
      {
        cause,
      },
    );
  }
}
