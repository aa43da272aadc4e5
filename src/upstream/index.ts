export type {
  ResponseHead,
  Timeouts,
  Transport,
  TransportCall,
  TransportFailure,
  TransportFailureKind,
  TransportHandler,
  TransportRequest,
} from './transport.ts';
