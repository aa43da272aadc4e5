/** One event of a stream as it came, whatever frames the wire uses: `raw` are its bytes with whatever ended it, `data` its payload as text. */
export interface StreamFrame {
  raw: Uint8Array;
  event: string | undefined;
  /** Undefined for frames without data (comments, heartbeats, extra blank lines). */
  data: string | undefined;
  /**
   * The stream ended inside this frame. Only `end()` gives such a frame; it was cut and its data is not an event. The one
   * thing decoders read from it is a terminal `[DONE]` whose blank line the upstream forgot.
   */
  partial?: true | undefined;
}

/** Cuts a byte stream into frames, wherever the network cut it into chunks. One instance per stream. */
export interface Framer {
  /**
   * Returns the frames that this chunk completed. Their `raw` may be a view of `chunk`, so the caller must not write to the
   * chunk's memory again. Throws GatewayError `upstream_protocol` when a frame is larger than is held in memory, or broken.
   */
  push(chunk: Uint8Array): StreamFrame[];
  /** Returns what is left, as one last frame, so that all `raw` joined are exactly the bytes that came. */
  end(): StreamFrame[];
}
