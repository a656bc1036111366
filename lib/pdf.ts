import { join } from 'node:path';
import PDFDocument from 'pdfkit';

/** Names of the EU are also Greek and Bulgarian: the fonts that every PDF reader has are Latin only. */
const font = (name: string): string =>
  join(process.cwd(), 'node_modules', 'dejavu-fonts-ttf', 'ttf', `${name}.ttf`);

export type PdfEntry = { heading: string; lines: string[] };

/** A file of headings with lines under each, in A4, its pages numbered. Words come from the caller. */
export async function writePdf(given: {
  title: string;
  intro: string[];
  entries: PdfEntry[];
  pageOf: (page: number, pages: number) => string;
}): Promise<Buffer> {
  const doc = new PDFDocument({ size: 'A4', margin: 50, bufferPages: true, info: { Title: given.title } });
  const chunks: Buffer[] = [];
  const done = new Promise<Buffer>((resolve, reject) => {
    doc.on('data', (chunk: Buffer) => chunks.push(chunk));
    doc.on('end', () => resolve(Buffer.concat(chunks)));
    doc.on('error', reject);
  });
  const [text, bold] = [font('DejaVuSans'), font('DejaVuSans-Bold')];
  doc.font(bold).fontSize(16).text(given.title);
  doc.moveDown(0.5).font(text).fontSize(9);
  for (const line of given.intro) doc.text(line);
  for (const { heading, lines } of given.entries) {
    const size = doc.fontSize(9).heightOfString([heading, ...lines].join('\n'));
    if (doc.y + size + 20 > doc.page.height - doc.page.margins.bottom) doc.addPage();
    doc.moveDown(1).font(bold).text(heading).font(text);
    for (const line of lines) doc.text(line);
  }
  const { start, count } = doc.bufferedPageRange();
  for (let page = start; page < start + count; page++) {
    doc.switchToPage(page);
    // In the margin: else the foot itself would begin another page.
    doc.page.margins.bottom = 0;
    doc.fontSize(8).text(given.pageOf(page - start + 1, count), 50, doc.page.height - 35, { align: 'right' });
  }
  doc.end();
  return done;
}
