import assert from 'node:assert/strict';
import { test } from 'node:test';
import { findVendor, namesElsewhere, namesOfOnesOwn, otherHosts } from '../../src/providers/index.ts';

test('every name that another gateway uses leads to a vendor and a region that exist', () => {
  for (const [gateway, names] of Object.entries(namesElsewhere)) {
    for (const [name, { vendor, region, elsewhere, dialects }] of Object.entries(names)) {
      const where = `${gateway}: ${name}`;
      const found = findVendor(vendor);
      assert.ok(found, where);
      assert.ok(region === undefined || found.regions[region] !== undefined, where);
      assert.ok(elsewhere === undefined || findVendor(elsewhere) !== undefined, where);
      for (const { dialect } of dialects ?? [])
        assert.ok(
          found.mounts?.some((mount) => mount.dialect === dialect),
          `${where}: ${dialect}`,
        );
    }
  }
  for (const { vendor, region } of Object.values(otherHosts))
    assert.ok(findVendor(vendor)?.regions[region], vendor);
  for (const vendor of Object.keys(namesOfOnesOwn)) assert.ok(findVendor(vendor), vendor);
});
