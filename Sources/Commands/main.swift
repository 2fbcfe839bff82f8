// Starts the program: everything happens in `runProgram`.

import Foundation

exit(runProgram(Array(CommandLine.arguments.dropFirst())))
