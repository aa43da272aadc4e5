/** What an import did with its source. It holds no value of a secret, and paths are those of the source. */
export interface ImportReport {
  format: string;
  /** What each entry of the source became, in its order. */
  entries: ImportedEntry[];
  /** Settings without an equivalent, each with what to do instead. */
  settings: { path: string; advice: string }[];
  /** Settings beyond `settingsMax`, which are counted only. */
  settings_omitted: number;
  /** What holds for the whole configuration. */
  notes: string[];
  /** Why the configuration would not be accepted; empty = `serve` takes it once the variables are set. */
  problems: string[];
}

export interface ImportedEntry {
  path: string;
  /** Its name in the source. */
  name: string;
  /** Deployments, providers and routes; empty = it was left out, and `note` says why. */
  became: string[];
  notes: string[];
}

/** A variable that the configuration reads. */
export interface ImportVariable {
  name: string;
  /** What it must hold. */
  holds: string;
  /** `literal`: the source holds the value itself. `reference`: the source reads this variable too. `absent`: the source does not say it. */
  source: 'literal' | 'reference' | 'absent';
}

const settingsMax = 10_000;

/** Collects the report while the source is read. */
export class ReportWriter {
  readonly #entries: ImportedEntry[] = [];
  readonly #settings: ImportReport['settings'] = [];
  readonly #notes = new Set<string>();
  #omitted = 0;

  entry(path: string, name: string): ImportedEntry {
    const entry: ImportedEntry = { path, name, became: [], notes: [] };
    this.#entries.push(entry);
    return entry;
  }

  /** A setting that has no equivalent. */
  setting(path: string, advice: string): void {
    if (this.#settings.length < settingsMax) this.#settings.push({ path, advice });
    else this.#omitted += 1;
  }

  /** Each field of an object that was not read, with what `advise` says of it. */
  rest(fields: object, path: string, read: readonly string[], advise: (field: string) => string): void {
    for (const [field, value] of Object.entries(fields)) {
      if (read.includes(field) || value === null || value === undefined || value === '') continue;
      this.setting(path === '' ? field : `${path}.${field}`, advise(field));
    }
  }

  note(sentence: string): void {
    this.#notes.add(sentence);
  }

  done(format: string, problems: string[]): ImportReport {
    return {
      format,
      entries: this.#entries,
      settings: this.#settings,
      settings_omitted: this.#omitted,
      notes: [...this.#notes],
      problems,
    };
  }
}
