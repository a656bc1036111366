import { one } from '../context';
import { ExtrasPage, extrasMetadata } from '../extras/extras-page';

export const generateMetadata = () => extrasMetadata('credit_package');

export default async function PackagesPage({ searchParams }: PageProps<'/admin/credit-packages'>) {
  return <ExtrasPage kind="credit_package" platform={one((await searchParams).platform)} />;
}
