import { Command } from 'commander';
import * as ev from '/work/main/src/cli/commands/eval.ts';
import * as tr from '/work/main/src/cli/commands/train.ts';
const io={out:(t:string)=>process.stdout.write(t),err:(t:string)=>process.stderr.write(t),exitCode:(c:number)=>{process.exitCode=c},env:process.env,cwd:process.cwd()} as any;
const p=new Command('yumen');ev.register(p,io);tr.register(p,io);try{await p.parseAsync(process.argv.slice(2),{from:'user'})}catch(e:any){console.error('ERR',e.code,e.message);process.exitCode=e.code??1}
