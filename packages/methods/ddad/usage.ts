/** DDAD's own fields with their defaults, for `ddad run --help`. */
export const usage = `\
  {"backbone": "aeu", "k": 3, "epochs": 250, "batchSize": 64, "learningRate": 0.0005,
   "refiner": {"recipe": "steady", "epochs": 40, "batchSize": 8, "learningRate": 0.0001,
               "weightDecay": 0.0001}}
  "backbone"          what a member is: ae, aeu (AE-U) or memae (MemAE)
  "latentSize": 16    values of a member's latent code, 4 to 1024
  "wideLayer": 2048   units of the two linear layers beside it, 16 to 8192
  "beta1": 0.5        of members' Adam, 0 to below 1; its other beta is 0.999
  "k": "auto"         as many members per role as the trainers that are there make at a time; "maxK" at most
  "minMembers": m     go on with m members per role where others fail for good; else one that fails ends the run
  "refiner": false    no ASR-Net: the run ends with rec, recEnsemble, aIntra, aInter, dsu
  "repulsion": 1      train the members of a role one after the other, each away from those before it
  "dsu": false        no dual-space uncertainty
  "recipe": "paper"   a member's last weights count, in place of a mean over its last tenth of the epochs ("steady")
  "refiner": {"recipe": "paper"}   ASR-Net's last weights count, of 100 epochs, in place of a mean over the steps of 40
  "precision": "bfloat16"   of matrix products in training, in place of "float32"
  "uncertainty": "dropout"  MC Dropout: passes through one network per role in place of K members ("ensemble"), with
  "dropout": {"rate": 0.1, "passes": 256, "refinerPasses": 16}
  "unlabeled": 0      one-class mode: no UDM`;
