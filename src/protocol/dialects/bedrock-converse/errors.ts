import { exceptionFrame } from '../../aws-event-stream/writer.ts';
import type { GatewayError, UpstreamSaid } from '../../errors.ts';
import { isObject, type JsonObject } from '../../json.ts';
import { text } from '../read.ts';
import { inBandError, readUpstreamError } from '../upstream-said.ts';

/** The HTTP statuses that say the same as the exceptions: the service’s own, but 502 and 504 where a model failed or was too slow. */
const statusOfException: { [name: string]: number } = {
  ValidationException: 400,
  ServiceQuotaExceededException: 400,
  UnrecognizedClientException: 403,
  ExpiredTokenException: 403,
  AccessDeniedException: 403,
  ResourceNotFoundException: 404,
  ThrottlingException: 429,
  ModelNotReadyException: 429,
  ModelTimeoutException: 504,
  ModelErrorException: 502,
  ModelStreamErrorException: 502,
  InternalServerException: 500,
  ServiceUnavailableException: 503,
};

function exceptionName(error: GatewayError): string {
  switch (error.status) {
    case 401:
    case 403:
      return 'AccessDeniedException';
    case 402:
      return 'ServiceQuotaExceededException';
    case 404:
      return 'ResourceNotFoundException';
    case 429:
      return 'ThrottlingException';
    case 503:
    case 529:
      return 'ServiceUnavailableException';
    default:
      return error.status >= 500 ? 'InternalServerException' : 'ValidationException';
  }
}

/** The SDKs take the exception's name from `__type`, where no header says it. */
export function encodeError(error: GatewayError): JsonObject {
  return { __type: exceptionName(error), message: error.message };
}

/** SDKs throw at an exception frame; nothing follows it. */
export function encodeErrorFrame(error: GatewayError): Uint8Array {
  return exceptionFrame(streamException(error), { message: error.message });
}

/** A stream knows five exceptions; what went wrong at the provider is the model's. */
function streamException(error: GatewayError): string {
  if (error.code === 'stream_interrupted' || error.status === 502 || error.status === 504) {
    return 'modelStreamErrorException';
  }
  switch (exceptionName(error)) {
    case 'ThrottlingException':
      return 'throttlingException';
    case 'ServiceUnavailableException':
      return 'serviceUnavailableException';
    case 'InternalServerException':
      return 'internalServerException';
    default:
      return 'validationException';
  }
}

export function decodeError(status: number, body: unknown): UpstreamSaid {
  if (!isObject(body)) return readUpstreamError(status, body);
  const { __type: type, Message: capital, ...rest } = body;
  const message = rest['message'] ?? capital;
  return readUpstreamError(status, { type: bareName(text(type)), ...rest, message });
}

/** The error that a stream's exception frame is. */
export function exceptionError(name: string, body: JsonObject): GatewayError {
  const type = bareName(name) ?? name;
  const status = statusOfException[type] ?? 500;
  return inBandError({ code: status, type, message: body['message'] ?? body['Message'] });
}

/** `com.amazon.coral.service#AccessDeniedException`, `ThrottlingException:http://…` and `throttlingException` are one style each. */
function bareName(name: string | undefined): string | undefined {
  const bare = name?.split('#').at(-1)?.split(':')[0];
  return bare === undefined || bare === '' ? undefined : bare[0]!.toUpperCase() + bare.slice(1);
}
