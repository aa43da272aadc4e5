import type { CatalogFile } from './compile.ts';
import models from './data/models.json' with { type: 'json' };
import prices from './data/prices.json' with { type: 'json' };

/** The catalogue that comes with the product. */
export function shippedCatalogFiles(): CatalogFile[] {
  return [
    { label: 'models.json', origin: 'shipped', content: models },
    { label: 'prices.json', origin: 'shipped', content: prices },
  ];
}
