// For the folder whose own zod is too old for it.
export { toJSONSchema } from 'zod';
