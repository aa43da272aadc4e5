/** Variables by name, as a process has them. */
export type Environment = { readonly [name: string]: string | undefined };

/** A variable that is set to nothing counts as not set: that is how shells, Compose files and charts clear one. */
export function withoutEmpty(environment: Environment): Environment {
  return Object.fromEntries(Object.entries(environment).filter(([, value]) => value !== ''));
}
