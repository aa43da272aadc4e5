export { type Admission, type AdmissionRequest, admit } from './admit.ts';
