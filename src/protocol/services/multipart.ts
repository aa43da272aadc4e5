import { GatewayError } from '../errors.ts';

/** A field's value in a form, and where its bytes are in the body. */
export interface FormField {
  value: string;
  from: number;
  to: number;
}

/** Bounds of what is held while a form is looked through. */
const headersBytesMax = 16 * 1024;
const valueBytesMax = 1024;
const crlf = Buffer.from('\r\n');
const headersEnd = Buffer.from('\r\n\r\n');

/** The boundary that a `multipart/form-data` content type names; throws `invalid_request` when it names none. */
export function boundaryOf(contentType: string): string {
  const match = /;\s*boundary=(?:"([^"]{1,70})"|([^\s;"]{1,70}))/i.exec(contentType);
  const boundary = match?.[1] ?? match?.[2];
  if (boundary !== undefined) return boundary;
  throw new GatewayError(
    'invalid_request',
    'The content-type must name the boundary of the form: `multipart/form-data; boundary=…`.',
    { param: 'content-type' },
  );
}

type State = 'preamble' | 'delimiter' | 'headers' | 'value' | 'skip' | 'end';

/**
 * Finds one field of a multipart form while its bytes pass by, whatever the chunks; files are never held. A second field of that
 * name is refused, because an upstream that takes the other one would serve another request than was decided on.
 */
export class FormFieldFinder {
  field: FormField | undefined;
  private state: State = 'preamble';
  private readonly name: string;
  private readonly delimiter: Buffer;
  /** What is not looked through yet; it begins at `offset` of the body. */
  private rest: Buffer = crlf;
  private offset = -crlf.length;

  constructor(name: string, boundary: string) {
    this.name = name;
    this.delimiter = Buffer.from(`\r\n--${boundary}`);
  }

  /** Throws `invalid_request` for a repeated field, and for headers or a value beyond their bounds. */
  push(chunk: Uint8Array): void {
    if (this.state === 'end') return;
    this.rest = Buffer.concat([this.rest, chunk]);
    while (this.step());
  }

  /** One step; false when more bytes are needed. */
  private step(): boolean {
    switch (this.state) {
      case 'preamble':
      case 'skip':
        return this.toDelimiter();
      case 'delimiter':
        return this.afterDelimiter();
      case 'headers':
        return this.readHeaders();
      case 'value':
        return this.readValue();
      case 'end':
        this.rest = Buffer.alloc(0);
        return false;
    }
  }

  private toDelimiter(): boolean {
    const at = this.rest.indexOf(this.delimiter);
    if (at < 0) {
      this.drop(Math.max(0, this.rest.length - this.delimiter.length + 1));
      return false;
    }
    this.drop(at + this.delimiter.length);
    this.state = 'delimiter';
    return true;
  }

  private afterDelimiter(): boolean {
    if (this.rest.length < 2) return false;
    if (this.rest[0] === 0x2d && this.rest[1] === 0x2d) {
      this.state = 'end';
      return true;
    }
    const at = this.rest.indexOf(crlf);
    if (at < 0) return this.waitWithin(headersBytesMax, 'the headers of a part');
    if (this.rest.toString('latin1', 0, at).trim() !== '') {
      // Content that only begins like the delimiter.
      this.state = 'skip';
      return true;
    }
    // The line end stays: a part without headers has its empty line right here.
    this.drop(at);
    this.state = 'headers';
    return true;
  }

  private readHeaders(): boolean {
    const at = this.rest.indexOf(headersEnd);
    if (at < 0) return this.waitWithin(headersBytesMax, 'the headers of a part');
    const headers = this.rest.toString('latin1', 0, at);
    this.drop(at + headersEnd.length);
    this.state = nameOf(headers) === this.name ? 'value' : 'skip';
    if (this.state === 'skip') {
      // An empty part: its delimiter's line end is the one that closed the headers.
      this.rest = Buffer.concat([crlf, this.rest]);
      this.offset -= crlf.length;
    }
    return true;
  }

  private readValue(): boolean {
    const at = this.rest.indexOf(this.delimiter);
    if (at < 0) return this.waitWithin(valueBytesMax + this.delimiter.length, `the field ${this.name}`);
    if (at > valueBytesMax) throw tooLong(`the field ${this.name}`);
    if (this.field !== undefined) {
      throw new GatewayError('invalid_request', `${this.name} is given more than once: send it once.`, {
        param: this.name,
      });
    }
    this.field = { value: this.rest.toString('utf8', 0, at), from: this.offset, to: this.offset + at };
    this.state = 'skip';
    return true;
  }

  private waitWithin(bytesMax: number, what: string): false {
    if (this.rest.length > bytesMax) throw tooLong(what);
    return false;
  }

  private drop(bytes: number): void {
    this.rest = this.rest.subarray(bytes);
    this.offset += bytes;
  }
}

function nameOf(headers: string): string | undefined {
  const disposition = /^content-disposition:([^\r\n]*)/im.exec(headers)?.[1];
  const match = /;\s*name\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s;"]+))/i.exec(disposition ?? '');
  return match?.[1] ?? match?.[2];
}

function tooLong(what: string): GatewayError {
  return new GatewayError('invalid_request', `The form is not readable: ${what} is too long.`);
}
