export { type Clock, systemClock } from './clock.ts';
export { createIdSource, type IdSource } from './ids.ts';
export {
  formatUsd,
  type NanoUsd,
  nanoFromPico,
  nanoPerUsd,
  type PicoUsdPerToken,
  picoUsdPerToken,
  usdFromNano,
} from './money.ts';
export { createTimerWheel, type TimerWheel, type WheelTimer } from './timer-wheel.ts';
