export type { ErrorClass, Provider, Quirks, Vendor, VendorRegion } from './vendor.ts';
