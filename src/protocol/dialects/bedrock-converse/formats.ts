/** Files are named by their format here, elsewhere by media type. */
const imageFormats: { [mediaType: string]: string } = {
  'image/png': 'png',
  'image/jpeg': 'jpeg',
  'image/jpg': 'jpeg',
  'image/gif': 'gif',
  'image/webp': 'webp',
};

const documentFormats: { [mediaType: string]: string } = {
  'application/pdf': 'pdf',
  'application/msword': 'doc',
  'application/vnd.openxmlformats-officedocument.wordprocessingml.document': 'docx',
  'application/vnd.ms-excel': 'xls',
  'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet': 'xlsx',
  'text/csv': 'csv',
  'text/html': 'html',
  'text/markdown': 'md',
  'text/plain': 'txt',
};

const mediaTypes: { [format: string]: string } = Object.fromEntries(
  Object.entries(documentFormats).map(([mediaType, format]) => [format, mediaType]),
);

/** Undefined for images that no model here takes. */
export function imageFormat(mediaType: string): string | undefined {
  return imageFormats[mediaType];
}

/** Undefined for files that no model here takes. Any other text is plain text. */
export function documentFormat(mediaType: string): string | undefined {
  return documentFormats[mediaType] ?? (mediaType.startsWith('text/') ? 'txt' : undefined);
}

export function documentMediaType(format: string): string {
  return mediaTypes[format] ?? 'application/octet-stream';
}
