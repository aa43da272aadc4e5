import { googleGenai } from './kinds/google-genai.ts';
import { testClient } from './support/suite.ts';

testClient(googleGenai);
