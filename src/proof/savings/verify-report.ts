import { renderReport } from './render-report.ts';
import type { ReportData } from './report-data.ts';
import { type ReportLanguage, reportWords } from './report-words.ts';
import { isSigned, type SignedReport } from './sign-report.ts';

export type Verification =
  | { kind: 'none' }
  /** The data are not those that were signed, or another key signed them. */
  | { kind: 'forged'; report: SignedReport }
  /** The data are as signed, but the page is not what they are rendered to. */
  | { kind: 'page-differs'; report: SignedReport }
  | { kind: 'genuine'; report: SignedReport };

const embeddedReport = /<script type="application\/json" id="yumen-report">([^<]*)<\/script>/;

/**
 * Checks a page: that its data are signed, and that the page shows them and nothing else, by rendering it anew. A page of a version that
 * rendered otherwise differs too.
 *
 * @param publicKey whose signature it has to be; without it only that the page is whole, whoever made it
 */
export function verifyReport(page: string, publicKey?: string): Verification {
  const report = reportIn(page);
  if (report === undefined) return { kind: 'none' };
  if (!isSigned(report, publicKey) || !isSigned(report)) return { kind: 'forged', report };
  const languages = Object.keys(reportWords) as ReportLanguage[];
  const isRendered = languages.some((language) => rendered(report, language) === page);
  return { kind: isRendered ? 'genuine' : 'page-differs', report };
}

/** Signed data of another version may lack what this one shows. */
function rendered(report: SignedReport, language: ReportLanguage): string | undefined {
  try {
    return renderReport(report, language);
  } catch {
    return undefined;
  }
}

/** Undefined where the page holds no report. */
function reportIn(page: string): SignedReport | undefined {
  const text = embeddedReport.exec(page)?.[1];
  if (text === undefined) return undefined;
  try {
    const value = JSON.parse(text) as Partial<SignedReport> | null;
    const { data, publicKey, signature } = value ?? {};
    if (typeof publicKey !== 'string' || typeof signature !== 'string') return undefined;
    if ((data as Partial<ReportData> | undefined)?.format !== 'yumen-report/1') return undefined;
    return { data: data as ReportData, publicKey, signature };
  } catch {
    return undefined;
  }
}
