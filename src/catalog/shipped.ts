import type { CatalogFile } from './compile.ts';
import models from './data/models.json' with { type: 'json' };
import prices from './data/prices.json' with { type: 'json' };
import type { CatalogContent } from './data-file.ts';

/** The catalogue that comes with the product. A test checks its form, so starting need not. */
export function shippedCatalogFiles(): CatalogFile[] {
  return [
    { label: 'models.json', origin: 'shipped', content: models, checked: models as CatalogContent },
    { label: 'prices.json', origin: 'shipped', content: prices, checked: prices as CatalogContent },
  ];
}

/** The shipped files, and the operator's own over them. */
export function catalogFiles(overlay: unknown): CatalogFile[] {
  const shipped = shippedCatalogFiles();
  if (overlay === undefined) return shipped;
  return [...shipped, { label: 'catalogue overlay', origin: 'operator', content: overlay }];
}
