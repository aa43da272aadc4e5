export { type Admission, type AdmissionRequest, admit, type CalledCandidate } from './admit.ts';
