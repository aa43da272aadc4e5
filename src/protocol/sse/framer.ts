/** One server-sent event as it came: `raw` are its bytes with the blank line that ended it, `data` its joined data lines. */
export interface SseFrame {
  raw: Uint8Array;
  event: string | undefined;
  /** Undefined for frames without data (comments, heartbeats). */
  data: string | undefined;
}
