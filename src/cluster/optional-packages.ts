// Loads modules that need optional packages. When these are missing, the error names them: packages that only `cluster`
// needs are not installed with the program.
import { UsageError } from '../errors.ts'

/** For every run. The versions are those of `peerDependencies` in package.json. */
export const FOR_CLUSTER = ['bullmq@6', 'ioredis@6', 'valibot@1']
/** For captures or a work directory behind s3://. */
export const FOR_S3 = ['@aws-sdk/client-s3@3', '@aws-sdk/lib-storage@3']

/** The loaded module. Throws UsageError when one of the packages is not installed. */
export async function withPackages<T>(packages: readonly string[], loading: Promise<T>): Promise<T> {
  try {
    return await loading
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    if (code?.endsWith('MODULE_NOT_FOUND') !== true || !packages.some((each) => message.includes(`'${nameOf(each)}'`)))
      throw error
    const purpose = packages === FOR_S3 ? 's3://' : 'cluster'
    throw new UsageError(
      `${purpose} needs packages that are not installed with pipelint; npm install -g ${packages.join(' ')}`,
    )
  }
}

/** Without its version. */
function nameOf(each: string): string {
  return each.slice(0, each.lastIndexOf('@'))
}
