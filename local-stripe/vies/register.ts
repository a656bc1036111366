/**
 * Whom the registers of the member states know at first: people and firms that do not exist, under numbers whose check digits
 * are right (tried with two libraries), each form that a member state has at least once. Any other number is invalid until
 * the page or `/_local/numbers` registers it.
 */
export interface Entry {
  verdict: 'valid' | 'invalid' | 'blocked';
  name: string;
  /** Lines, as a register keeps them. */
  address: string;
}

const FIRST: [number: string, name: string, address: string][] = [
  ['ATU73127396', 'Alpenrand Handels GmbH', 'Lindengasse 4\nAT-1070 Wien'],
  ['BE0731273991', 'BV Zandkasteel', 'Kasteelstraat 12\n9000 Gent'],
  ['BE1023474021', 'SRL Pavé Neuf', 'Rue Neuve 8\n1000 Bruxelles'],
  ['BG203127396', 'РОЗОВА ДОЛИНА ООД', 'ул. Иван Вазов №3\nгр.СОФИЯ 1000'],
  ['CY10317394B', 'ALMYRA TRADING LIMITED', 'Λεδρας 22\n1011 Λευκωσια'],
  ['CZ27317404', 'Kamenný most s.r.o.', 'Nádražní 15\nPRAHA 5 - SMÍCHOV\n150 00  PRAHA 5'],
  ['DE312473943', 'Nordlicht Versand GmbH', 'Hafenstraße 9\n20459 Hamburg'],
  ['DE312473951', 'Bergblick Software AG', 'Isarweg 2\n80469 München'],
  ['DK31247403', 'STRANDENG APS', 'Havnegade 14\n1058 KØBENHAVN K'],
  ['EE102473946', 'METSATUUL OÜ', 'Harju maakond, Tallinn, Pikk tn 7\n10123'],
  ['EL800373943', 'ΑΙΓΑΙΟ ΕΜΠΟΡΙΚΗ ΜΟΝΟΠΡΟΣΩΠΗ ΙΚΕ', 'ΕΡΜΟΥ 18\n10563 - ΑΘΗΝΑ'],
  ['ESB83127399', 'NARANJO Y VEGA SL', 'CALLE MAYOR 21\n28013 MADRID'],
  ['ESX1237394V', 'SMITH JANE', 'CALLE LUNA 3\n41001 SEVILLA'],
  ['FI27317403', 'Revontuli Oy', 'Rantakatu 5\n90100 OULU'],
  ['FR24831240437', 'SAS GRAND LARGE', '10 QUAI DU PORT\n13002 MARSEILLE'],
  ['FRAB831240429', 'MONSIEUR PAUL DUVAL', '3 RUE DES LILAS\n69003 LYON'],
  ['HR83124073958', 'JADRANSKA OBALA D.O.O.', 'ILICA 40\n10000 ZAGREB'],
  ['HU24317403', 'TISZAVIRÁG KFT.', 'FŐ UTCA 11\n1011 BUDAPEST'],
  ['IE3312739A', 'CLIFFTOP TRADING LIMITED', '7 HARBOUR ROW\nDUBLIN 1'],
  ['IE6433739LA', 'MARY BYRNE', '2 STRAND ROAD\nGALWAY'],
  ['IE8Z12739Q', 'OLDBRIDGE MILLS LIMITED', '1 MILL LANE\nCORK'],
  ['IT08312408886', 'OLIVETO DEL SOLE SRL', 'VIA ROMA 6\n00184 ROMA RM'],
  ['LT312474016', 'Gintaro krantas UAB', 'Gedimino pr. 9, Vilnius'],
  ['LT100031274019', 'Ąžuolas UAB', 'Laisvės al. 30, Kaunas'],
  ['LU27317433', 'HORIZON COMMERCE S.A R.L.', '1, RUE DE LA GARE\nL-1611 LUXEMBOURG'],
  ['LU27317534', 'MOSELLE NUMERIQUE S.A.', '5, QUAI DE LA MOSELLE\nL-5405 REMICH'],
  ['LV40003124745', 'DZINTARKRASTS SIA', 'Brīvības iela 10, Rīga, LV-1010'],
  ['MT18317433', 'GRAND HARBOUR SERVICES LTD', '4 OLD BAKERY STREET\nVALLETTA VLT 1450'],
  ['NL831273951B01', 'DUINZICHT B.V.', 'KEIZERSGRACHT 00100\n1015CW AMSTERDAM'],
  ['NL001273942B02', 'P. DE BOER', 'DORPSSTRAAT 00003\n3511AB UTRECHT'],
  ['PL7312400747', 'BURSZTYNOWA SPÓŁKA Z O.O.', 'UL. DŁUGA 8\n80-831 GDAŃSK'],
  ['PT509373941', 'CAIS DO TEJO LDA', 'RUA AUGUSTA N 20\nLISBOA\n1100-053 LISBOA'],
  ['RO31247397', 'VALEA VERDE SRL', 'MUNICIPIUL CLUJ-NAPOCA, STR. MARE, Nr. 5'],
  ['SE556312739701', 'Norrsken Handel AB', 'STORGATAN 6\n111 51 STOCKHOLM'],
  ['SI53127404', 'TRIGLAV TRGOVINA D.O.O.', 'SLOVENSKA CESTA 12, 1000 LJUBLJANA'],
  ['SK2023127403', 'Tatranská vyhliadka s. r. o.', 'Hlavná 2\n81101 Bratislava'],
  ['XI312473976', 'LAGAN QUAY TRADING LTD', '3 DONEGALL SQUARE\nBELFAST\nBT1 5GS'],
];

/** The number of the seller: with it a check gets a consultation number (vies.md 5). */
export const SELLER = 'LU27317433';

export const firstEntries = (): Record<string, Entry> =>
  Object.fromEntries(FIRST.map(([number, name, address]) => [number, { verdict: 'valid', name, address }]));
